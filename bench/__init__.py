"""Measurements of the house: what it costs, how fast it is, and how that grows. `make bench` runs them all."""
