"""An adapter for the retail tasks of tau2-bench: our agent loop and model chain as the agent under test."""
