"""The vendors' contracts as data: find, lint and load them."""

from specs.contract import Contract, Operation
from specs.errors import SpecError, SpecIssue
from specs.files import (
    DOCUMENTED,
    OBSERVED,
    PROFILES,
    fixtures,
    is_own,
    read_yaml,
    vendor_folders,
    vendors,
)
from specs.lifecycle import Action, Condition, Lifecycle, Location, State, TimelineStage
from specs.loader import load, load_control
from specs.requirements import Check, Requirement, Statement
from specs.values import ErrorMember, FileSpec, Paging, Value

__all__ = [
    "DOCUMENTED",
    "OBSERVED",
    "PROFILES",
    "Action",
    "Check",
    "Condition",
    "Contract",
    "ErrorMember",
    "FileSpec",
    "Lifecycle",
    "Location",
    "Operation",
    "Paging",
    "Requirement",
    "SpecError",
    "SpecIssue",
    "State",
    "Statement",
    "TimelineStage",
    "Value",
    "fixtures",
    "is_own",
    "load",
    "load_control",
    "read_yaml",
    "vendor_folders",
    "vendors",
]
