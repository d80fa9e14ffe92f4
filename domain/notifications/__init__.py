"""Bringing what staff must know to each of them: to the inbox, and on the ways that each has chosen."""
