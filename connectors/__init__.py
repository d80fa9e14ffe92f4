"""Adapters to what stands outside and is no line of customers: a noun states the port, the adapter stands here."""
