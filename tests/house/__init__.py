"""The house itself: its servers, its processes and its rules."""
