"""The figures as a table, a picture and raw JSON."""
