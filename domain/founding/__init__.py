"""Founding: a shop from nothing, with all that it needs before it can sell."""
