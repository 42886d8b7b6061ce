"""The vendors' promises as data: find, read and check them; judge nobody."""

from specs.contract import Contract, Operation
from specs.errors import Fault, SpecError
from specs.files import DOCUMENTED, OBSERVED, PROFILES, fixtures, read_yaml, vendors
from specs.lifecycle import Lifecycle, Location, Role, State, Step
from specs.loader import load, load_control
from specs.requirements import Check, Requirement, Statement

__all__ = [
    "DOCUMENTED",
    "OBSERVED",
    "PROFILES",
    "Check",
    "Contract",
    "Fault",
    "Lifecycle",
    "Location",
    "Operation",
    "Requirement",
    "Role",
    "SpecError",
    "State",
    "Statement",
    "Step",
    "fixtures",
    "load",
    "load_control",
    "read_yaml",
    "vendors",
]
