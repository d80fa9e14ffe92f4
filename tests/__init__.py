"""Tests: flows first, then the promises under attack, then rules of the domain."""
