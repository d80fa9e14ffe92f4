"""Spreadsheets brought along by shops."""
