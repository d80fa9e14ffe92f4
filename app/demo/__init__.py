"""The demo shops: catalogues as data, and half a year of plausible trade from a seeded generator."""
