"""Benchmarks: the mock beside its peers, the mock at size, and the suite beside its peers."""
