"""The order reader: every token of a message gets one role, every number is used once, and only what is explained is done."""
