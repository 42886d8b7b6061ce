"""A request that is turned down, before a vendor has put it into its own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - it is an answer, not an accident
    """The status, one sentence, the faulty fields as (name, what is wrong), extra headers."""

    status: int
    message: str
    fields: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class PlantedCrashError(Exception):
    """What a planted defect raises where the vendor would fall over."""


def on(status: int, members: dict[str, Any]) -> Callable[[Refusal], dict[str, Any]]:
    """The members, for refusals with this status alone."""
    return lambda refusal: members if refusal.status == status else {}
