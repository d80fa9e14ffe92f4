"""The eval suite, which asks of every change: does the agent sell, every time."""
