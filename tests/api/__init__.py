"""Tests of the staff's API, over HTTP against the real application, Postgres and Redis."""
