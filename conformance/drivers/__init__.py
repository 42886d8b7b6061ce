"""Who sends requests: Schemathesis, the lifecycle machine; probes send their own."""
