"""What the shop's figures are: named metrics over what the other nouns have written, measured for a period."""
