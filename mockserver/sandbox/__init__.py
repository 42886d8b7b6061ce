"""Sandboxes: isolated sets of jobs, resources, time, faults and journal on one server."""
