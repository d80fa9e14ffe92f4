"""Workspaces, the people who work in them, and what each workspace has settled for itself."""
