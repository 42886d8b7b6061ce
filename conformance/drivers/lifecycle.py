"""Leads jobs through their lives: along a directed tour, then at random by a state machine."""

from conformance.drivers.base import DriverCase
from conformance.drivers.machine import Walk, walk_at_random
from conformance.drivers.tour import Tour
from conformance.jobs.askers import LIFECYCLE
from conformance.jobs.pilot import Pilot


def drive(case: DriverCase) -> None:
    """Record the lives of jobs; where nothing may be written, only of those that are there."""
    pilot = Pilot(case.client, LIFECYCLE)
    Tour(pilot, case.effort).all()
    if case.target.writes:
        walk_at_random(Walk(pilot), case.seed, case.effort)
