"""Conversations: the thread with a customer, its messages, who speaks in it, and what staff are told."""
