"""The web chat: its door, its stream, its page in a real browser."""
