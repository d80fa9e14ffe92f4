"""Emissions: activities, factors and warming potentials, in exact decimals."""
