"""Reading the ERP of a shop."""
