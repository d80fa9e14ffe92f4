"""`python -m app.cli` is `nexova`."""

from app.cli import main

main()
