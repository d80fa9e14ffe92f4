"""What the house sees ahead: demand, forecasts, alerts and proposals, over real Postgres."""
