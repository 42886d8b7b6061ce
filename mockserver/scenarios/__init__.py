"""Scenarios: named initial states and job scripts, built in or from the user's files."""
