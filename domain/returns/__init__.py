"""Goods that customers bring back, and what they get for them."""
