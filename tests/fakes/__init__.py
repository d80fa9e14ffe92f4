"""Stand-ins for foreign systems, spoken to over real HTTP."""
