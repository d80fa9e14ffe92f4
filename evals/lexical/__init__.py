"""Measuring the lexical model on a corpus of messages."""
