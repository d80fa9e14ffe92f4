"""Tests of the turn: its rules, one by one."""
