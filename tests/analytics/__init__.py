"""Forecasts and replenishment: worked examples, properties, and what backtests of made-up shops must come to."""
