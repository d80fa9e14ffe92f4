"""The web chat of a shop's own page: this installation carries it, so nothing of it leaves the house."""
