"""The model chain, its breakers and its spend ceiling."""
