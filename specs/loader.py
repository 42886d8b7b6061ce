"""Reads a vendor's three files, checks them, and hands out the contract."""

from pathlib import Path
from typing import Any

from specs import profile as profiles
from specs import stamp
from specs.contract import Contract
from specs.errors import SpecError
from specs.files import DOCUMENTED, ROOT, read_yaml
from specs.lifecycle import read_lifecycle
from specs.requirements import Requirements, read_requirements


def load(vendor: str, profile: str = DOCUMENTED, root: Path = ROOT) -> Contract:
    """Return the contract of `vendor` in `profile`.

    Files that are not known to be without fault (see `specs.stamp`) go through the whole lint.

    Raises:
        SpecError: a file is missing or has a fault; the text names file, place and reason.
    """
    if not stamp.is_known(vendor, root):
        from specs.lint import check_vendor  # noqa: PLC0415  (slow, and it reads through here)

        if faults := check_vendor(vendor, root):
            raise SpecError(faults)

    def read() -> Requirements:
        return read_requirements(read_yaml(root / vendor / "requirements.yaml"), profile)

    return Contract(
        vendor=vendor,
        profile=profile,
        openapi=read_openapi(vendor, profile, root),
        lifecycle=read_lifecycle(read_yaml(root / vendor / "lifecycle.yaml"), profile),
        read=read,
    )


def load_control(root: Path = ROOT) -> dict[str, Any]:
    """Return the OpenAPI document of the mock's control plane."""
    return read_openapi("control", DOCUMENTED, root)


def read_openapi(vendor: str, profile: str, root: Path = ROOT) -> dict[str, Any]:
    """Return an openapi.yaml, unchecked, as `profile` sees it."""
    document: dict[str, Any] = profiles.apply(read_yaml(root / vendor / "openapi.yaml"), profile)
    return document
