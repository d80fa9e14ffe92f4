"""Spreadsheets that a shop brings along: shown before they change anything, applied once, undone row by row."""
