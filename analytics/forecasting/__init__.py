"""Demand forecasts of many series at once, with intervals that past errors bear out."""
