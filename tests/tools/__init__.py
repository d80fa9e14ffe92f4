"""The tools: what each does, refuses and says."""
