"""The manager chat: what members of the staff ask, and what they change after their own yes."""
