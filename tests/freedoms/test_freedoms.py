"""No independent server is accused for a freedom that the documents leave; bugs are detected."""

from dataclasses import replace
from typing import Any

import pytest

import specs
from conformance.settings import Effort
from tests.freedoms import clinicalone
from tests.freedoms.matrix import DEPARTURES, VENDORS, judge
from tests.freedoms.wire import BUGS, FREEDOMS, Drops

# Many freedoms at once, as far as they go together; `python -m tests.freedoms` takes each alone.
SERVERS = {
    "talkdesk": (
        "http10 early_hints ticket flat created_201 extra conflict foreign_403 lines retold gone late_list",
        "chunked gzip elsewhere wrapped_id terse octets clamped unordered strict_query wrapped_rows",
        "documented_only lower_headers links_only bare_file instant file_ids",
    ),
    "clinicalone": (
        "http10 early_hints wrapped_log error_response_data job_id states octets extra queued",
        "chunked gzip details_object status_success only_id odd_ids clamped one_zero big_cell once",
        "documented_only empty lower_headers bare_file no_disposition unknown_400",
        "own_words needs_report moved_file null_spelling needs_mode late_list",
    ),
    "energycap": (
        "http10 early_hints bare_child no_end refused_403 dates extra error_text repeated late_list",
        "chunked gzip one_zero null_end zoned lost_pages big_ids no_error_body short_texts",
        "documented_only empty lower_headers unknown_report_400",
    ),
}
# Bugs and the requirements that must each detect them.
DETECTED = {
    "talkdesk": {
        "empty_bearer": "TD-AUTH-002", "any_case_token": "TD-AUTH-002", "nan": "TD-NET-004",
        "write_by_reader": "TD-AUTH-016",
        "swapped_jobs": "TD-JOB-003", "mojibake": "TD-NEW-007", "shifted": "TD-LIST-004",
        "utf8_500": "TD-NET-002", "any_secret": "TD-TOK-003",
    },
    "clinicalone": {
        "cut_token": "C1-AUTH-002", "near_mode": "C1-KICK-008", "offset_500": "C1-NET-001",
        "swapped_files": "C1-DL-022", "repeats": "C1-LIST-005", "quoted_file": "C1-DL-002",
    },
    "energycap": {
        "empty_key": "EC-AUTH-002", "wraps": "EC-EXEC-017", "fourth_dropped": "EC-EXEC-009",
        "wrong_name": "EC-LOG-021", "info_cut": "EC-GRP-018", "same_logs": "EC-LOG-013",
        "first_lost": "EC-GRP-017", "filter_ignored": "EC-DIST-018",
        "unstored": "EC-GRP-030",
    },
}  # fmt: skip


def test_every_vendor_has_an_independent_server() -> None:
    assert VENDORS.keys() == set(specs.vendors()) == SERVERS.keys() == DETECTED.keys()


@pytest.mark.parametrize("vendor", VENDORS)
def test_options_have_one_name_each(vendor: str) -> None:
    service = VENDORS[vendor].service
    names = [*FREEDOMS, *BUGS, *service.FREEDOMS, *service.BUGS]
    assert len(names) == len(set(names))
    assert len(service.BUGS) >= 22
    assert DEPARTURES[vendor].keys() <= set(names)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("vendor", "options"), [(v, row) for v, rows in SERVERS.items() for row in rows]
)
def test_freedoms_are_not_accused(vendor: str, options: str) -> None:
    outcome = judge(vendor, frozenset(options.split()))
    listed = {id_ for name in options.split() for id_ in DEPARTURES[vendor].get(name, ())}
    assert outcome.failed == {}
    assert outcome.errors == {}
    assert outcome.warned.keys() <= listed
    assert outcome.exit_code == 0


@pytest.mark.slow
def test_files_of_jobs_that_show_no_state_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_known(service: Any) -> dict[str, Any]:
        return {k: v for k, v in clinicalone.target(service).items() if k != "known"}

    part = replace(VENDORS["clinicalone"], target=without_known)
    monkeypatch.setitem(VENDORS, "clinicalone", part)
    needs_files = frozenset({"C1-DL-001", "C1-DL-002", "C1-DL-006", "C1-DL-022", "C1-KICK-001"})
    assert judge("clinicalone", frozenset({"states"}), only=needs_files).passed == needs_files


# Requirements whose evidence takes creations, polls, downloads, deletions and runs.
LOSSY = {
    "talkdesk": "TD-JOB-003 TD-LIFE-001 TD-LIFE-003 TD-FILE-001 TD-DEL-001 TD-NET-003",
    "clinicalone": "C1-KICK-002 C1-DL-001 C1-DL-022 C1-NET-002",
    "energycap": "EC-EXEC-003 EC-EXEC-011 EC-GRP-018 EC-NET-003",
}


@pytest.mark.slow
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_network_that_drops_connections_changes_no_verdict(vendor: str) -> None:
    only, options = frozenset(LOSSY[vendor].split()), frozenset({"http10"})
    plain = judge(vendor, options, only=only, effort=Effort.QUICK)
    lossy = judge(vendor, options, only=only, effort=Effort.QUICK, drops=Drops(0.1, 1))
    assert lossy.dropped > 0
    assert (lossy.verdicts, lossy.exit_code) == (plain.verdicts, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("vendor", "bug"), [(vendor, bug) for vendor, rows in DETECTED.items() for bug in rows]
)
def test_bug_is_detected(vendor: str, bug: str) -> None:
    requirement = DETECTED[vendor][bug]
    outcome = judge(vendor, frozenset({bug}), only=frozenset({requirement}))
    assert requirement in {**outcome.failed, **outcome.warned}
