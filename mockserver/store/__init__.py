"""Where a sandbox's records are kept: in memory, in SQLite or in PostgreSQL."""
