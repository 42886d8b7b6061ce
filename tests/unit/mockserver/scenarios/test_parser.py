"""Job scripts: how they change a schedule, and what the lifecycle does not allow."""

from typing import Any

import pytest

import specs
from mockserver.errors import ConfigurationError
from mockserver.jobs import Schedule
from mockserver.jobs.schedule import from_steps
from mockserver.scenarios.parser import JobScriptParser
from tests.unit.mockserver.vendor_harness import contract_of

DEFAULT: Schedule = (("CREATED", 5000), ("PROCESSING", 25000), ("DONE", None))


def plan_of(raw: dict[str, Any], default: Schedule = DEFAULT, vendor: str = "talkdesk") -> Schedule:
    return JobScriptParser(contract_of(vendor).lifecycle).read(raw, "here").schedule_for(default)


def test_default_schedule_is_the_lifecycles() -> None:
    assert from_steps(contract_of("talkdesk").lifecycle.timeline) == DEFAULT


@pytest.mark.parametrize(
    ("raw", "plan"),
    [
        ({"pace": 0}, (("CREATED", 0), ("PROCESSING", 0), ("DONE", None))),
        ({"pace": 2.5}, (("CREATED", 12500), ("PROCESSING", 62500), ("DONE", None))),
        ({"stuck": "PROCESSING"}, (("CREATED", 5000), ("PROCESSING", None))),
        ({"stuck": "CREATED"}, (("CREATED", None),)),
        ({"rows": 0}, DEFAULT),
        ({"ends": {"in": "FAILED"}}, (*DEFAULT[:2], ("FAILED", None))),
        (
            {"ends": {"in": "FAILED", "after": "60%"}},
            (("CREATED", 5000), ("PROCESSING", 15000), ("FAILED", None)),
        ),
        (
            {"ends": {"in": "FAILED", "from": "CREATED", "after": "PT1S"}},
            (("CREATED", 1000), ("FAILED", None)),
        ),
        (
            {"ends": {"in": "DELETED", "from": "DONE", "after": "PT1H"}},
            (*DEFAULT[:2], ("DONE", 3600000), ("DELETED", None)),
        ),
        (
            {"pace": 2, "ends": {"in": "FAILED", "after": "50%"}},
            (("CREATED", 10000), ("PROCESSING", 25000), ("FAILED", None)),
        ),
        (
            {
                "plan": [
                    {"state": "CREATED", "lasts": "PT1S"},
                    {"state": "DONE", "lasts": "P1D"},
                    {"state": "DELETED"},
                ]
            },
            (("CREATED", 1000), ("DONE", 86400000), ("DELETED", None)),
        ),
    ],
)
def test_script_changes_the_default_schedule(raw: dict[str, Any], plan: Schedule) -> None:
    assert plan_of(raw) == plan


def test_script_leaves_what_the_vendor_planned_itself() -> None:
    direct: Schedule = (("WAITING", 0), ("RUNNING", 40000), ("SUCCEEDED", None))
    ends = {"ends": {"in": "FAILED", "from": "RUNNING", "after": "50%"}}
    assert plan_of(ends, direct, "clinicalone") == (
        ("WAITING", 0), ("RUNNING", 20000), ("FAILED", None),
    )  # fmt: skip
    held: Schedule = (("PROCESSING", None),)
    assert plan_of({"stuck": "CREATED"}, held) == held
    assert plan_of({"ends": {"in": "FAILED"}}, held) == held


@pytest.mark.parametrize(
    ("raw", "place", "reason"),
    [
        ({"stuck": "RUNNING"}, "/stuck", "unknown state 'RUNNING'; known: CREATED, PROCESSING"),
        ({"stuck": "UPLOADING"}, "/stuck", "UPLOADING is not in the plan"),
        ({"ends": {"in": "LOST"}}, "/ends/in", "unknown state 'LOST'"),
        ({"ends": {"in": "DELETED"}}, "/ends/in", "no transition from PROCESSING to DELETED"),
        ({"ends": {"in": "FAILED", "from": "X"}}, "/ends/from", "unknown state 'X'"),
        ({"ends": {"in": "DELETED", "from": "DONE"}}, "/ends/after", "must be a duration"),
        (
            {"ends": {"in": "DELETED", "from": "DONE", "after": "50%"}},
            "/ends/after",
            "must be a duration",
        ),
        ({"ends": {"in": "FAILED", "after": "101%"}}, "/ends/after", "must be at most 100%"),
        ({"ends": {"in": "FAILED", "after": "P1Y"}}, "/ends/after", "an ISO 8601 duration"),
        ({"plan": [{"state": "DONE"}]}, "/plan/0/state", "must be the initial state CREATED"),
        ({"plan": [{"state": "NEW"}]}, "/plan/0/state", "unknown state 'NEW'"),
        (
            {"plan": [{"state": "CREATED"}, {"state": "DONE"}]},
            "/plan/0/lasts",
            "required for every state but the last",
        ),
        (
            {"plan": [{"state": "CREATED", "lasts": "PT1S"}]},
            "/plan/0/lasts",
            "required for every state but the last",
        ),
        (
            {"plan": [{"state": "CREATED", "lasts": "PT1S"}, {"state": "DELETED"}]},
            "/plan/1/state",
            "allowed: CANCELED, DONE, FAILED, PROCESSING",
        ),
        (
            {"plan": [{"state": "CREATED", "lasts": "PTS"}, {"state": "DONE"}]},
            "/plan",
            "an ISO 8601 duration",
        ),
    ],
)
def test_what_the_lifecycle_does_not_have_is_named(
    raw: dict[str, Any], place: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        plan_of(raw)
    assert str(refused.value).startswith(f"here{place}: ")
    assert reason in str(refused.value)


def test_occurrence_number_selects_the_script() -> None:
    reader = JobScriptParser(contract_of("talkdesk").lifecycle)
    raw = [{"nth": 1, "pace": 0}, {"every": 3, "pace": 2}, {"after": 5, "pace": 3}]
    scripts = [reader.read(row, "here") for row in raw]
    chosen = [
        next((f.pace for f in scripts if number in f.occurrences), None) for number in range(1, 10)
    ]
    assert chosen == [0, None, 2, None, None, 2, 3, 3, 2]


@pytest.mark.parametrize("profile", specs.PROFILES)
def test_profiles_have_plans_of_their_own(profile: str) -> None:
    lifecycle = contract_of("talkdesk", profile).lifecycle
    script = JobScriptParser(lifecycle).read({"stuck": "PROCESSING"}, "here")
    assert script.schedule_for(from_steps(lifecycle.timeline))[-1] == ("PROCESSING", None)
