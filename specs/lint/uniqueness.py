"""Lint what must be unique over all documents, because one server has them all."""

from collections.abc import Iterator
from pathlib import Path

from specs.contract import read_operations
from specs.errors import SpecIssue
from specs.files import CONTROL, PROFILES, control_root, in_profile, leaves_out, read_yaml, vendors


def check_uniqueness(root: Path) -> Iterator[SpecIssue]:
    """Yield an issue for each operationId, and each method and path, of two operations.

    Connexion would let the second of two equal operationIds answer for the first, even where
    the first is secured and the second is not.
    """
    seen: dict[str, str] = {}
    places = [*((vendor, root) for vendor in vendors(root)), (CONTROL, control_root(root))]
    for vendor, folder in places:
        path = folder / vendor / "openapi.yaml"
        file, own = str(path), vendor if leaves_out(path.parent) else None
        for operation in read_operations(in_profile(read_yaml(path), PROFILES[0], own)):
            for name in (operation.id, f"{operation.method} {operation.path}"):
                if name in seen:
                    yield SpecIssue(file, name, f"duplicate: it is in {seen[name]} too")
                seen[name] = file
