"""The customer, who buys for themselves: their brief, their consent, their wishes and what their words point at."""
