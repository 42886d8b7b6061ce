"""The mock at size: what a call costs with a thousand jobs in the sandbox, and with a million."""
