"""What to order and when: proposals that set a quantity and say why, and the draft orders that they fill."""
