"""The web chat of shops' own pages: its script, and the door by which visitors write and read."""
