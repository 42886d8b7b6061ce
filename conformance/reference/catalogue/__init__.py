"""The switches of each vendor, as data."""
