"""The doors: HTTP, queues, processes and the command line."""
