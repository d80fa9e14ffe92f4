"""Words of languages that mean the same to every shop: numbers, parts, dozens, units; and how text is folded to compare it."""
