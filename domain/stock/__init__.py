"""What lies in the stores, what is promised to whom, and the ledger of every movement."""
