"""Questions that the suite asks of a contract."""
