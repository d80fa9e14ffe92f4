"""The eval suite: does the agent sell, every time?"""
