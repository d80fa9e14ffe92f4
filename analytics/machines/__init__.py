"""Machines: failure rules and classifiers, remaining life, anomalies."""
