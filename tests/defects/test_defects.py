"""Each planted defect is caught by its own requirements, with the verdict that its source gives."""

import pytest

import specs
from conformance import checks
from conformance.checks import Verdict
from conformance.evaluation import Result
from conformance.reference.defects import DEFECTS, Defect
from conformance.settings import Effort
from tests.defects._run import contract, judge, without_schemathesis

__all__ = ["without_schemathesis"]

VENDORS = specs.vendors()
# What no app that speaks http can break.
NEEDS_HTTPS = {"rejects_old_tls"}
# Rows that a user's own contract implies have these; tests/freedoms/test_own.py proves them.
PROVEN_ON_OWN = {
    "action_takes_effect",
    "list_pages_whole",
    "media_type_listed",
    "rejects_invalid_body",
    "state_has_its_status",
    "state_is_known",
}
# Rows that are enough for a defect of a weaker source, or of a mere should.
CAUGHT = {True: {Verdict.FAIL}, False: {Verdict.FAIL, Verdict.WARN}}


def detect(defect: Defect, *, profile: str = specs.DOCUMENTED) -> Result:
    """Judge the defect by its requirements: most detect it at quick effort, all at the default."""
    results = (
        judge(defect.vendor, [defect.id], defect.requirements, profile=profile, effort=effort)
        for effort in (Effort.QUICK, Effort.DEFAULT)
    )
    for result in results:
        if {row.verdict for row in result.requirements} <= CAUGHT[False]:
            break
    return result


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=lambda defect: defect.id)
def test_defect_is_caught_by_its_own_requirements(defect: Defect) -> None:
    result = detect(defect)
    firm = defect.source == "documented" and defect.level == "must"
    assert {row.requirement.id for row in result.requirements} == set(defect.requirements)
    assert {row.verdict for row in result.requirements} <= CAUGHT[firm]
    assert all(row.exchanges and row.reason for row in result.requirements)
    assert (result.exit_code == 1) == firm


# A should is a WARN in either profile.
WEAKER = [d for d in DEFECTS.values() if d.source != "documented" and d.level == "must"]


@pytest.mark.parametrize("defect", WEAKER, ids=lambda defect: defect.id)
def test_weaker_sources_fail_in_the_observed_profile(defect: Defect) -> None:
    result = detect(defect, profile=specs.OBSERVED)
    assert {row.verdict for row in result.requirements} == {Verdict.FAIL}


def test_every_check_proves_itself_on_a_defect() -> None:
    rows = {
        row.id: row for vendor in VENDORS for row in contract(vendor, "documented").requirements
    }
    proved = {i for defect in DEFECTS.values() for i in defect.requirements}
    used = {row.check.name for row in rows.values() if row.check is not None}
    names = {row.check.name for row in rows.values() if row.check is not None and row.id in proved}
    assert used - names - NEEDS_HTTPS == set()
    assert set(checks.load_checks()) - PROVEN_ON_OWN == used - PROVEN_ON_OWN


# What a client must do, or what may be anything, no server can break.
UNBREAKABLE = {"talkdesk": {"TD-S01"}, "clinicalone": {"C1-S12"}, "energycap": set()}


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_documented_statement_is_proven_by_a_defect(vendor: str) -> None:
    found = contract(vendor, "documented")
    detecting = {i for defect in DEFECTS.values() for i in defect.requirements}
    proven = {s for row in found.requirements if row.id in detecting for s in row.statements}
    assert found.statements.keys() - proven == UNBREAKABLE[vendor]
