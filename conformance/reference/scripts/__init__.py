"""A script for each vendor, in which every planted defect and legal variant shows."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS, VARIANTS, UnknownSwitchError
from conformance.reference.scripts import clinicalone, energycap, talkdesk
from conformance.reference.scripts.script import Exchange, Step, first_difference, run_script

SCRIPTS: Mapping[str, Callable[[], Iterator[Step]]] = MappingProxyType(
    {
        "talkdesk": talkdesk.script,
        "clinicalone": clinicalone.script,
        "energycap": energycap.script,
    }
)


def run_with_switches(
    vendor: str, *switches: str, profile: str = "documented"
) -> Iterator[Exchange]:
    """Run the vendor's script against a new app with these switches on."""
    app = create_app(defects=switches, profile=profile)
    return run_script(app, vendor, SCRIPTS[vendor]())


def show(switch: str) -> tuple[Exchange, Exchange] | None:
    """Return the first exchange in which the switch shows, without and with it.

    Raises:
        UnknownSwitchError: the id is neither a defect nor a variant.
    """
    known = DEFECTS.get(switch) or VARIANTS.get(switch)
    if known is None:
        raise UnknownSwitchError(switch)
    return first_difference(
        run_with_switches(known.vendor), run_with_switches(known.vendor, switch)
    )
