"""The control plane under /_mock: the mock's own API, apart from the vendors'."""
