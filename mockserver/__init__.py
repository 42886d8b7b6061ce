"""The mock server: plays the vendors from their contracts."""
