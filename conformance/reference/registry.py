"""The vendors of one app, by name and by path."""

from collections.abc import Callable
from typing import Protocol

from flask import Response

from conformance.reference.context import AppContext, Body
from conformance.reference.errors import ApiError
from conformance.reference.transport import TransportVariants

Route = tuple[str, str, Callable[..., Response]]  # method, rule, handler


class Vendor(Protocol):
    """One vendor's part of the app, with all of its state."""

    name: str
    prefixes: tuple[str, ...]
    transport: TransportVariants
    routes: tuple[Route, ...]

    def error_response(self, error: ApiError) -> Response:
        """Return the error in the vendor's own shape."""

    def jobs(self) -> list[Body]:
        """Return id and state of every job, for the control plane."""

    def force(self, job_id: str, outcome: str) -> None:
        """Decide how a job ends; KeyError for an unknown job, ValueError for the outcome."""


class VendorRegistry:
    """Holds the vendors; a reset creates them anew."""

    def __init__(
        self, context: AppContext, factories: tuple[Callable[[AppContext], Vendor], ...]
    ) -> None:
        self.context = context
        self._factories = factories
        self.vendors: dict[str, Vendor] = {}
        self.reset()

    def reset(self) -> None:
        """Restore seed data and clock; the switches stay on."""
        self.context.clock.reset()
        vendors = [create(self.context) for create in self._factories]
        self.vendors = {vendor.name: vendor for vendor in vendors}

    def vendor_of(self, path: str) -> Vendor | None:
        """Return the vendor that the path belongs to, if any."""
        for vendor in self.vendors.values():
            if path.startswith(vendor.prefixes):
                return vendor
        return None
