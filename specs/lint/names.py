"""What must be unique over all documents, because one server carries them all."""

from collections.abc import Iterator
from pathlib import Path

from specs.contract import read_operations
from specs.errors import Fault
from specs.files import PROFILES, read_openapi, vendors


def check_names(root: Path) -> Iterator[Fault]:
    """Yield a fault for an operationId, or a method and path, that two operations share.

    Connexion would let the second of two equal operationIds answer for the first, even where
    the first is secured and the second is not.
    """
    seen: dict[str, str] = {}
    for vendor in (*vendors(root), "control"):
        file = str(root / vendor / "openapi.yaml")
        for operation in read_operations(read_openapi(vendor, PROFILES[0], root)):
            for name in (operation.id, f"{operation.method} {operation.path}"):
                if name in seen:
                    yield Fault(file, name, f"stands already in {seen[name]}")
                seen[name] = file
