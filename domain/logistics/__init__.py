"""Bringing goods to people: vehicles, the day's plan of a store, its routes, and what became of each stop."""
