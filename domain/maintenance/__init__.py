"""Maintenance: from what is wrong with a machine to a planned job, its parts, and what was found."""
