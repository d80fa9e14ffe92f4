"""What was sold elsewhere, before or beside this house: the history that forecasts read beside the ledger."""
