"""Arrays in, arrays out: forecasts, replenishment, risk; no database, no network, nothing else of ours."""
