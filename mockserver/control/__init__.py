"""The control plane under /_mock: the mock's own API, dashboard and documentation."""
