"""What every vendor module is handed: time, switches, seed and profile."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from conformance.reference.clock import Clock
from conformance.reference.defects import Switches
from conformance.reference.refusal import PlantedCrashError

T = TypeVar("T")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """The surroundings of one app; ``profile`` is ``documented`` or ``observed``."""

    clock: Clock
    switches: Switches
    seed: int
    profile: str

    def now(self) -> datetime:
        return self.clock.now()

    def broken(self, defect: str) -> bool:
        return self.switches.broken(defect)

    def free(self, variant: str) -> bool:
        return self.switches.free(variant)

    def crash(self, defect: str, *, when: bool = True) -> None:
        """Fall over if the defect is planted and its condition holds."""
        if self.switches.broken(defect) and when:
            raise PlantedCrashError(defect)

    def digest(self, *parts: object) -> str:
        """64 hex digits that depend on the seed and the parts alone."""
        text = ":".join(map(str, (self.seed, *parts)))
        return hashlib.sha256(text.encode()).hexdigest()

    def slip(self, body: Body, slips: Mapping[str, Callable[[T], Body]], at: T) -> Body:
        """The body with the members that the planted slips put into it."""
        for defect, members in slips.items():
            if self.switches.broken(defect):
                body |= members(at)
        return body

    def vary(self, body: Body, freedoms: Mapping[str, Callable[[T], Body]], at: T) -> Body:
        """The body with the members that the chosen legal freedoms put into it."""
        for variant, members in freedoms.items():
            if self.switches.free(variant):
                body |= members(at)
        return body
