"""The ERP of a shop: read by itself, kept as it was said, and brought into catalogue, stock, sales and customers."""
