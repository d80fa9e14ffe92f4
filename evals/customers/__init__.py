"""Simulated customers: scripted ones, and ones that a model plays."""
