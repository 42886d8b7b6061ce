"""Tests of the catalogue: every switch is wired, shows in an answer, and shows what it says."""

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from conformance import reference
from conformance.reference.catalogue import clinicalone, energycap, talkdesk
from conformance.reference.defects import DEFECTS, VARIANTS, Switches, UnknownSwitchError
from conformance.reference.tours import TOURS, take_tour
from conformance.reference.transcript import Exchange, first_difference

PREFIXES = {"talkdesk": "td-", "clinicalone": "c1-", "energycap": "ec-"}
STATEMENTS = {"talkdesk": ("TD", 26), "clinicalone": ("C1", 30), "energycap": ("EC", 37)}
CATALOGUES = (talkdesk, clinicalone, energycap)
# What the end of a defect's id says: the app takes what it should refuse.
PERMISSIVE = re.compile(
    r"-(account-file|ok|ignored|unchecked|unneeded|taken|reads|prefix|capitals)$"
)


@pytest.fixture(scope="module")
def correct() -> dict[str, list[Exchange]]:
    return {vendor: list(take_tour(vendor)) for vendor in TOURS}


@pytest.mark.parametrize("vendor", TOURS)
def test_correct_app_is_repeatable(vendor: str, correct: dict[str, list[Exchange]]) -> None:
    assert first_difference(correct[vendor], take_tour(vendor)) is None


@pytest.mark.parametrize("vendor", TOURS)
@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_correct_app_meets_no_server_error(vendor: str, profile: str) -> None:
    assert [e.line for e in take_tour(vendor, profile=profile) if e.status >= 500] == []


@pytest.mark.parametrize("switch", DEFECTS)
def test_defect_shows(switch: str, correct: dict[str, list[Exchange]]) -> None:
    vendor = DEFECTS[switch].vendor
    pair = first_difference(correct[vendor], take_tour(vendor, switch))
    assert pair is not None
    right, wrong = pair
    assert (wrong.status == 500) == ("-crash-" in switch)
    if PERMISSIVE.search(switch):
        assert wrong.status < 400 <= right.status


@pytest.mark.parametrize("switch", VARIANTS)
def test_variant_shows_and_is_no_server_error(
    switch: str, correct: dict[str, list[Exchange]]
) -> None:
    vendor = VARIANTS[switch].vendor
    walked = list(take_tour(vendor, switch))
    assert first_difference(correct[vendor], walked) is not None
    wrong = [e for e in walked if e.status >= 500]
    assert all(e.status == 503 and "Retry-After" in dict(e.headers) for e in wrong)


def test_ids_are_unique() -> None:
    items = chain.from_iterable((*one.DEFECTS, *one.VARIANTS) for one in CATALOGUES)
    assert [item for item, count in Counter(item.id for item in items).items() if count > 1] == []


@pytest.mark.parametrize("vendor", TOURS)
def test_vendor_has_enough_switches(vendor: str) -> None:
    defects = [defect for defect in DEFECTS.values() if defect.vendor == vendor]
    assert len([defect for defect in defects if defect.source == "documented"]) >= 30
    assert len([defect for defect in defects if defect.source != "documented"]) >= 3
    assert len([variant for variant in VARIANTS.values() if variant.vendor == vendor]) >= 14


@pytest.mark.parametrize("vendor", TOURS)
def test_switches_are_used_in_the_code_of_their_vendor(vendor: str) -> None:
    folder = Path(reference.__path__[0]) / vendor
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    own = [defect.id for defect in DEFECTS.values() if defect.vendor == vendor]
    own += [variant.id for variant in VARIANTS.values() if variant.vendor == vendor]
    assert [switch for switch in own if not switch.startswith(PREFIXES[vendor])] == []
    assert [switch for switch in own if f'"{switch}"' not in source] == []


@pytest.mark.parametrize("vendor", TOURS)
def test_defects_name_statements_of_their_vendor(vendor: str) -> None:
    prefix, last = STATEMENTS[vendor]
    known = {f"{prefix}-S{number:02d}" for number in range(1, last + 1)}
    own = [defect for defect in DEFECTS.values() if defect.vendor == vendor]
    assert [defect.id for defect in own if not defect.statements] == []
    assert [defect.id for defect in own if not known.issuperset(defect.statements)] == []
    assert {defect.source for defect in own} <= {"documented", "vendor", "observed"}
    assert {defect.level for defect in own} <= {"must", "should"}


def test_unknown_switch_is_refused() -> None:
    with pytest.raises(UnknownSwitchError, match="td-nonsense"):
        Switches(["td-nonsense"])


def test_a_defect_is_no_variant() -> None:
    with pytest.raises(UnknownSwitchError, match="td-free-busy"):
        Switches().broken("td-free-busy")
    with pytest.raises(UnknownSwitchError, match="td-job-list"):
        Switches().free("td-job-list")
