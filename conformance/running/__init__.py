"""A run from its parts to its result: plan, first contact, drivers and probes, verdicts."""
