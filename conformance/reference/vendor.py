"""What the app asks of each vendor."""

from collections.abc import Callable, Mapping
from typing import Protocol

from flask import Response

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body
from conformance.reference.transport import Traffic

Route = tuple[str, str, str]  # method, rule, operation


class Vendor(Protocol):
    """One vendor's part of the app, with all of its state."""

    name: str
    prefixes: tuple[str, ...]
    routes: tuple[Route, ...]
    traffic: Traffic
    handlers: Mapping[str, Callable[..., Response]]  # by operation

    def refuse(self, refusal: Refusal) -> Response:
        """The refusal as the vendor words it."""

    def jobs(self) -> list[Body]:
        """Id and state of every job, for the control plane."""

    def force(self, job_id: str, outcome: str) -> None:
        """Decide how a job ends; KeyError for an unknown job, ValueError for the outcome."""
