"""The phone lines: adapters that translate a provider's wire format to ours and back, and decide nothing."""
