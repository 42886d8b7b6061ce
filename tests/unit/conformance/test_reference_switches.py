"""Every defect and variant of the reference app shows in a response, and only as it says."""

import re

import pytest

from conformance.reference.defects import (
    DEFECTS,
    VARIANTS,
    Switches,
    UnknownSwitchError,
    clinicalone,
    energycap,
    talkdesk,
)
from conformance.reference.scripts import SCRIPTS, run_with_switches
from conformance.reference.scripts.script import Exchange, first_difference

TABLES = (talkdesk, clinicalone, energycap)
# What the end of a defect's id says: the app takes what it should refuse.
PERMISSIVE = re.compile(
    r"-(account-file|ok|ignored|unchecked|unneeded|taken|reads|prefix|capitals)$"
)


@pytest.fixture(scope="module")
def correct() -> dict[str, list[Exchange]]:
    return {vendor: list(run_with_switches(vendor)) for vendor in SCRIPTS}


@pytest.mark.parametrize("vendor", SCRIPTS)
def test_correct_app_is_repeatable(vendor: str, correct: dict[str, list[Exchange]]) -> None:
    assert first_difference(correct[vendor], run_with_switches(vendor)) is None


@pytest.mark.parametrize("vendor", SCRIPTS)
@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_correct_app_meets_no_server_error(vendor: str, profile: str) -> None:
    assert [e.line for e in run_with_switches(vendor, profile=profile) if e.status >= 500] == []


@pytest.mark.parametrize("switch", DEFECTS)
def test_defect_shows(switch: str, correct: dict[str, list[Exchange]]) -> None:
    vendor = DEFECTS[switch].vendor
    pair = first_difference(correct[vendor], run_with_switches(vendor, switch))
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
    exchanges = list(run_with_switches(vendor, switch))
    assert first_difference(correct[vendor], exchanges) is not None
    wrong = [e for e in exchanges if e.status >= 500]
    assert all(e.status == 503 and "Retry-After" in dict(e.headers) for e in wrong)


def test_ids_are_unique() -> None:
    rows = sum(len(table.DEFECTS) + len(table.VARIANTS) for table in TABLES)
    assert rows == len({*DEFECTS, *VARIANTS})


@pytest.mark.parametrize("vendor", SCRIPTS)
def test_vendor_has_enough_switches(vendor: str) -> None:
    defects = [defect for defect in DEFECTS.values() if defect.vendor == vendor]
    assert len([defect for defect in defects if defect.source == "documented"]) >= 30
    assert len([defect for defect in defects if defect.source != "documented"]) >= 3
    assert len([variant for variant in VARIANTS.values() if variant.vendor == vendor]) >= 14


def test_defects_have_a_known_source_and_level() -> None:
    assert {defect.source for defect in DEFECTS.values()} <= {"documented", "vendor", "observed"}
    assert {defect.level for defect in DEFECTS.values()} <= {"must", "should"}


def test_unknown_switch_is_refused() -> None:
    with pytest.raises(UnknownSwitchError, match="td-nonsense"):
        Switches(["td-nonsense"])


def test_a_defect_is_no_variant() -> None:
    with pytest.raises(UnknownSwitchError, match="td-free-busy"):
        Switches().has_defect("td-free-busy")
    with pytest.raises(UnknownSwitchError, match="td-job-list"):
        Switches().has_variant("td-job-list")
