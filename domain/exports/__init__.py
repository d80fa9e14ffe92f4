"""Lists of the shop as files: which there are, their columns, and their rows page by page."""
