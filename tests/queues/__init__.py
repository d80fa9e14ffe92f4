"""Tests of the door, the queues, the relay and the sweeps."""
