"""Conversations with a real provider, recorded and replayed."""
