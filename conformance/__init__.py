"""The conformance suite: judges whoever claims to be one of the vendors."""
