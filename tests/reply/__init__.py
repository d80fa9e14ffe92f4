"""Replies: moves in, words out, and nothing said that does not hold."""
