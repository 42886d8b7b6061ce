"""Fault injection: scripted or seeded, and reproducible for the same sequence of requests."""
