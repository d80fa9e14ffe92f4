"""How much to order and when: order-up-to levels from the errors of past forecasts, and how they would have done."""
