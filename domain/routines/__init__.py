"""What a workspace does again and again by itself: when it is next due, and how it went."""
