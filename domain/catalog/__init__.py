"""What the shop sells: categories, products, variants, units, stores, and finding them by what people type."""
