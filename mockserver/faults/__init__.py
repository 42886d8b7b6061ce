"""Faults on purpose: scripted or random by seed, and always the same for the same requests."""
