"""Reading spreadsheets of any make: bytes in, rows of recognised fields out. Knows no database."""
