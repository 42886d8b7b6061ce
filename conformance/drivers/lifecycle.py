"""Leads jobs through their lives: at random by a state machine, then along a directed tour."""

from conformance.drivers.base import DriverCase
from conformance.drivers.machine import Walk, walk_at_random
from conformance.drivers.tour import Tour
from conformance.pilot import LIFECYCLE, Pilot


def drive(case: DriverCase) -> None:
    """Record the lives of jobs; where nothing may be written, only of those that are there."""
    pilot = Pilot(case.client, LIFECYCLE)
    if case.target.writes:
        walk_at_random(Walk(pilot), case.seed, case.effort)
    Tour(pilot, case.effort).all()
