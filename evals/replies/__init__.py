"""Two corpora of replies in free words, lies and honest ones, and what of them would reach a customer."""
