"""What was wanted: sales day by day, of each variant in each store, and on which days the shelf had nothing to sell."""
