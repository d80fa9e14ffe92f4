"""The queue: bells and who rings them, the worker and its jobs, and the sweeps that find what stayed behind."""
