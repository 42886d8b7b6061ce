"""The catalogue of planted defects and legal variants, and the one place that looks a switch up."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from conformance.reference.catalogue import clinicalone, energycap, talkdesk
from conformance.reference.proofs import clinicalone as clinicalone_proofs
from conformance.reference.proofs import energycap as energycap_proofs
from conformance.reference.proofs import talkdesk as talkdesk_proofs
from conformance.reference.switch import Defect, Variant

__all__ = ["DEFECTS", "VARIANTS", "Defect", "Switches", "UnknownSwitchError", "Variant"]

_CAUGHT_BY = talkdesk_proofs.CAUGHT_BY | clinicalone_proofs.CAUGHT_BY | energycap_proofs.CAUGHT_BY
DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {
        item.id: replace(item, requirements=tuple(_CAUGHT_BY[item.id].split()))
        for item in (*talkdesk.DEFECTS, *clinicalone.DEFECTS, *energycap.DEFECTS)
    }
)
VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {item.id: item for item in (*talkdesk.VARIANTS, *clinicalone.VARIANTS, *energycap.VARIANTS)}
)


class UnknownSwitchError(ValueError):
    """Raised for an id that the catalogue does not have."""

    def __init__(self, switch: str) -> None:
        super().__init__(f"no defect or variant is called {switch!r}; --list shows them all")


class Switches:
    """The switches that are on in one app."""

    def __init__(self, active: Collection[str] = ()) -> None:
        for switch in active:
            if switch not in DEFECTS and switch not in VARIANTS:
                raise UnknownSwitchError(switch)
        self._active = frozenset(active)

    def broken(self, defect: str) -> bool:
        """Whether the planted defect is on; an id that is no defect raises UnknownSwitchError."""
        return self._look_up(defect, DEFECTS)

    def free(self, variant: str) -> bool:
        """Whether the legal variant is on; an id that is no variant raises UnknownSwitchError."""
        return self._look_up(variant, VARIANTS)

    def _look_up(self, switch: str, known: Mapping[str, Defect] | Mapping[str, Variant]) -> bool:
        if switch not in known:
            raise UnknownSwitchError(switch)
        return switch in self._active
