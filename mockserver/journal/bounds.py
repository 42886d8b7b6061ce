"""How much one journal keeps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one journal keeps."""

    entries: int = 1000
    bytes: int = 8 * 2**20
