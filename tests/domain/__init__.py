"""Tests of the shop: catalogue, stock and demo data on a real Postgres."""
