"""Finds a vendor's contract by the names that a user gives."""

from pathlib import Path

import specs
from conformance.failures import UsageError
from specs.files import ROOT


def contract(vendor: str, profile: str, root: Path = ROOT) -> specs.Contract:
    """Return a vendor's contract.

    Raises:
        UsageError: there is no such vendor or profile.
        specs.SpecError: one of its files has a fault.
    """
    known = specs.vendors(root)
    if vendor not in known:
        raise UsageError(f"there is no vendor {vendor!r}; known vendors: {', '.join(known)}")
    if profile not in specs.PROFILES:
        names = ", ".join(specs.PROFILES)
        raise UsageError(f"--profile: there is no profile {profile!r}; known profiles: {names}")
    return specs.load(vendor, profile, root)
