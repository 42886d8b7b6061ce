"""Reproduction of a failure: prerequisites, replay, shrinking."""
