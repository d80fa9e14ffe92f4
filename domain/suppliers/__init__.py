"""Who the shop buys from: suppliers, their tax ids, terms, and what they sell at what cost."""
