"""Payments: what customers say they have paid, and what staff have found to be true."""
