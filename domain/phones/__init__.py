"""Telephones of the staff: each member has one, proven by a message from it, by which they ask the shop and are told."""
