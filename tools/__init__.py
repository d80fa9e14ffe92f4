"""What a model may do: thin, guarded calls into the domain."""
