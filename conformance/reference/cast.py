"""The three vendors of one app, and how they begin anew."""

from conformance.reference.clinicalone.vendor import ClinicalOne
from conformance.reference.energycap.vendor import EnergyCap
from conformance.reference.stage import Stage
from conformance.reference.talkdesk.vendor import Talkdesk
from conformance.reference.vendor import Vendor


class Cast:
    """Holds the vendors by name."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.vendors: dict[str, Vendor] = {}
        self.reset()

    def reset(self) -> None:
        """Seed data and clock as at the start; the switches stay."""
        self.stage.clock.reset()
        made: tuple[Vendor, ...] = (
            Talkdesk(self.stage),
            ClinicalOne(self.stage),
            EnergyCap(self.stage),
        )
        self.vendors = {vendor.name: vendor for vendor in made}

    def vendor_of(self, path: str) -> Vendor | None:
        """The vendor under whose prefix the path lies."""
        for vendor in self.vendors.values():
            if path.startswith(vendor.prefixes):
                return vendor
        return None
