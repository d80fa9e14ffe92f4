"""Events to addresses of others: signed as Standard Webhooks says, and never to an address inside the house."""
