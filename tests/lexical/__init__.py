"""The lexical model: what it reads, what it does, and what it never does."""
