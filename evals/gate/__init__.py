"""Two corpora that measure the receipts gate: replies that lie and replies that are honest."""
