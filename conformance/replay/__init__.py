"""Repeats the findings of an earlier run."""
