"""Whom the agent talks to: for each audience what its turns do differently, and nothing else of a turn."""
