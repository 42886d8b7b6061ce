"""The vendors' contracts as data: find, lint and load them."""

from specs.contract import Contract, Operation
from specs.errors import SpecError, SpecIssue
from specs.files import DOCUMENTED, OBSERVED, PROFILES, fixtures, read_yaml, vendors
from specs.lifecycle import Action, Lifecycle, Location, State, TimelineStage
from specs.loader import load, load_control
from specs.requirements import Check, Requirement, Statement

__all__ = [
    "DOCUMENTED",
    "OBSERVED",
    "PROFILES",
    "Action",
    "Check",
    "Contract",
    "Lifecycle",
    "Location",
    "Operation",
    "Requirement",
    "SpecError",
    "SpecIssue",
    "State",
    "Statement",
    "TimelineStage",
    "fixtures",
    "load",
    "load_control",
    "read_yaml",
    "vendors",
]
