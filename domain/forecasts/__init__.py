"""What will be wanted: forecasts of demand with their intervals, and how good such forecasts were on the shop's own past."""
