"""The views of one result."""
