"""What every vendor module is given: clock, switches, seed and profile."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from conformance.reference.clock import Clock
from conformance.reference.defects import Switches
from conformance.reference.errors import PlantedCrashError

T = TypeVar("T")
Body = dict[str, Any]
BodyChanges = Mapping[str, Callable[[T], Body]]  # switch -> the members that it replaces


@dataclass(frozen=True, slots=True)
class AppContext:
    """The settings of one app; ``profile`` is ``documented`` or ``observed``."""

    clock: Clock
    switches: Switches
    seed: int
    profile: str

    def now(self) -> datetime:
        """Return the virtual time, in UTC."""
        return self.clock.now()

    def has_defect(self, defect: str) -> bool:
        """Return whether the planted defect is on."""
        return self.switches.has_defect(defect)

    def has_variant(self, variant: str) -> bool:
        """Return whether the legal variant is on."""
        return self.switches.has_variant(variant)

    def raise_if_planted(self, defect: str, *, when: bool = True) -> None:
        """Crash with PlantedCrashError if the defect is on and its condition holds."""
        if self.switches.has_defect(defect) and when:
            raise PlantedCrashError(defect)

    def digest(self, *parts: object) -> str:
        """Return 64 hex digits that depend on the seed and the parts alone."""
        text = ":".join(map(str, (self.seed, *parts)))
        return hashlib.sha256(text.encode()).hexdigest()

    def apply_defects(self, body: Body, changes: BodyChanges[T], subject: T) -> Body:
        """Return the body with the members that the planted defects replace."""
        for defect, members in changes.items():
            if self.switches.has_defect(defect):
                body |= members(subject)
        return body

    def apply_variants(self, body: Body, changes: BodyChanges[T], subject: T) -> Body:
        """Return the body with the members that the legal variants replace."""
        for variant, members in changes.items():
            if self.switches.has_variant(variant):
                body |= members(subject)
        return body
