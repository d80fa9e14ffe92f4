"""Machines of a plant: where they stand, what their sensors measure, what happened to them, and how well they are."""
