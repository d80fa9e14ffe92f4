"""The receipts gate."""
