"""Emissions: what was done or used, by which factors it becomes CO2e, and reports of it."""
