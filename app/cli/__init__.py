"""The command line `nexova`, a module per group of commands."""
