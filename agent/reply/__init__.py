"""Replies: the typed moves of a model, and the one renderer that puts them into words."""
