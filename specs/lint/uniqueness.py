"""Lint what must be unique over all documents, because one server has them all."""

from collections.abc import Iterator
from pathlib import Path

from specs.contract import read_operations
from specs.errors import SpecIssue
from specs.files import CONTROL, PROFILES, control_root, read_openapi, vendors


def check_uniqueness(root: Path) -> Iterator[SpecIssue]:
    """Yield an issue for each operationId, and each method and path, of two operations.

    Connexion would let the second of two equal operationIds answer for the first, even where
    the first is secured and the second is not.
    """
    seen: dict[str, str] = {}
    places = [*((vendor, root) for vendor in vendors(root)), (CONTROL, control_root(root))]
    for vendor, folder in places:
        file = str(folder / vendor / "openapi.yaml")
        for operation in read_operations(read_openapi(vendor, PROFILES[0], folder)):
            for name in (operation.id, f"{operation.method} {operation.path}"):
                if name in seen:
                    yield SpecIssue(file, name, f"duplicate: it is in {seen[name]} too")
                seen[name] = file
