"""Errors that a request ends with, before a vendor has put them into its own shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ApiError(Exception):
    """Status, message, invalid fields as (name, problem), extra headers."""

    status: int
    message: str
    fields: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class PlantedCrashError(Exception):
    """Raised by a planted defect that stands for a crash of the server."""


def on(status: int, members: dict[str, Any]) -> Callable[[ApiError], dict[str, Any]]:
    """Return a function that yields the members for errors of this status alone."""
    return lambda error: members if error.status == status else {}
