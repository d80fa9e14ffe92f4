"""Machines for people without any: what their sensors would say, sent as a device sends it."""
