"""Events out: who outside the house wants to be told what happens in it, and what was told to whom."""
