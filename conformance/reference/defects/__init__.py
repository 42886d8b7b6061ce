"""The planted defects and legal variants of all vendors, and which of them are switched on."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from conformance.reference.defects import clinicalone, energycap, talkdesk
from conformance.reference.defects.model import Defect, Variant, are_exclusive

__all__ = [
    "DEFECTS",
    "VARIANTS",
    "Defect",
    "Switches",
    "UnknownSwitchError",
    "Variant",
    "are_exclusive",
]

DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {item.id: item for item in (*talkdesk.DEFECTS, *clinicalone.DEFECTS, *energycap.DEFECTS)}
)
VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {item.id: item for item in (*talkdesk.VARIANTS, *clinicalone.VARIANTS, *energycap.VARIANTS)}
)


class UnknownSwitchError(ValueError):
    """Raised for an id that is neither a defect nor a variant."""

    def __init__(self, switch: str) -> None:
        super().__init__(f"unknown defect or variant {switch!r}; --list shows them all")


class Switches:
    """The switches that are on in one app.

    Raises:
        UnknownSwitchError: an id is neither a defect nor a variant.
    """

    def __init__(self, active: Collection[str] = ()) -> None:
        for switch in active:
            if switch not in DEFECTS and switch not in VARIANTS:
                raise UnknownSwitchError(switch)
        included = {
            one for switch in active if switch in VARIANTS for one in VARIANTS[switch].includes
        }
        on = {*active, *included}
        self._defects = {name: name in on for name in DEFECTS}
        self._variants = {name: name in on for name in VARIANTS}

    def has_defect(self, defect: str) -> bool:
        """Return whether the defect is on; UnknownSwitchError if unknown defect."""
        try:
            return self._defects[defect]
        except KeyError:
            raise UnknownSwitchError(defect) from None

    def has_variant(self, variant: str) -> bool:
        """Return whether the variant is on; UnknownSwitchError if unknown variant."""
        try:
            return self._variants[variant]
        except KeyError:
            raise UnknownSwitchError(variant) from None

    def variants_of(self, prefix: str) -> Mapping[str, bool]:
        """Return whether each variant of a vendor is on, by its name without the prefix."""
        start = f"{prefix}-free-"
        return {
            n.removeprefix(start): on for n, on in self._variants.items() if n.startswith(start)
        }
