"""The console: what the staff of a shop look at all day. Pages are HTML made here; they call the services of the domain."""
