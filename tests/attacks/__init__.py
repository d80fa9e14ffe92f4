"""Attacks on the promises: kills, races, lies, injections and strangers."""
