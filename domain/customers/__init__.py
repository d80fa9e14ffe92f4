"""Customers: who they are, how they are reached, and where their orders go."""
