"""Tests of the eval suite itself."""
