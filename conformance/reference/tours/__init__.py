"""A walk for each vendor, long enough for every planted defect and legal variant to show."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS, VARIANTS, UnknownSwitchError
from conformance.reference.tours import clinicalone, energycap, talkdesk
from conformance.reference.transcript import Exchange, Step, first_difference, walk

TOURS: Mapping[str, Callable[[], Iterator[Step]]] = MappingProxyType(
    {
        "talkdesk": talkdesk.tour,
        "clinicalone": clinicalone.tour,
        "energycap": energycap.tour,
    }
)


def take_tour(vendor: str, *switches: str, profile: str = "documented") -> Iterator[Exchange]:
    """Walk through a new app with these switches on, its clock standing still in between."""
    app = create_app(defects=switches, profile=profile)
    return walk(app, vendor, TOURS[vendor]())


def show(switch: str) -> tuple[Exchange, Exchange] | None:
    """The first exchange in which the switch shows: as it should be, and as it is.

    UnknownSwitchError for an id that the catalogue does not have.
    """
    known = DEFECTS.get(switch) or VARIANTS.get(switch)
    if known is None:
        raise UnknownSwitchError(switch)
    return first_difference(take_tour(known.vendor), take_tour(known.vendor, switch))
