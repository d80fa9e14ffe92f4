"""A stand-in for Anthropic that speaks the Messages API over real HTTP: for tests, fault tasks, replays and benchmarks."""
