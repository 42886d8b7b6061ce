"""Requests to EnergyCAP in which every defect and variant of the vendor shows."""

from collections.abc import Iterator
from urllib.parse import quote

from conformance.reference.scripts.script import Step

MANAGER = {"ECI-ApiKey": "mock-energycap-manager"}
VIEWER = {"ECI-ApiKey": "mock-energycap-viewer"}
NOBODY = {"ECI-ApiKey": "nobody"}
LONGER = {"ECI-ApiKey": "mock-energycap-manager-2"}
LOUD = "MOCK-ENERGYCAP-MANAGER"
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
CHARSET = {"Content-Type": "application/json; charset=utf-8"}

GROUPS = "/api/v3/report/reportgroup"
DISTRIBUTIONS = "/api/v202106/reportdistribution"
FILTERS = (
    "reportDistributionName equals 'budget'",
    "reportDistributionName not equals 'Budget to nobody'",
    "reportDistributionName one of 'none'|'Budget to nobody'",
    "reportSubscriptionScheduleTypeID less than '2'",
    "reportSubscriptionScheduleTypeID between '1'|'2'",
    "enabled equals 'true' and reportDistributionName like 'week'",
)


def _wait(seconds: int) -> Step:
    return Step("POST /_mock/clock", json={"advance": f"PT{seconds}S"})


def _make(headers: dict[str, str] = MANAGER, **body: object) -> Step:
    return Step(f"POST {GROUPS}", headers, json=body)


def _group(code: object, reports: list[object], headers: dict[str, str] = MANAGER) -> Step:
    return _make(headers, reportGroupCode=code, reportGroupInfo="Info", reportIds=reports)


def _run(number: object, override: str = "", headers: dict[str, str] = MANAGER) -> Step:
    query = f"?overrideUserIds={override}" if override else ""
    return Step(f"POST {DISTRIBUTIONS}/{number}/exec{query}", headers)


def _groups() -> Iterator[Step]:
    yield from (_group("first", [1, 2, 3]), _group("first", [1]), _group("2026", [4]))
    yield from (_make(), _group("repeated", [5, 5]), _group("unknown", [99]))
    yield from (_group("large", [2**31]), _group("typed", ["1"]), _group(7, [1]))
    yield _make(reportGroupInfo=["a"])
    yield from (_group("keyless", [1], {}), _group("nobody", [1], NOBODY))
    yield _group("viewer", [1], VIEWER)
    yield Step(f"POST {GROUPS}?ECI-ApiKey=mock-energycap-manager", json={})
    yield Step(f"POST {GROUPS}", {"ECI-ApiKey": ""}, json={})
    yield _make(reportGroupCode="accent", reportGroupInfo="é" * 80, reportIds=[*range(1, 11)])
    yield _make(reportGroupCode="long", reportGroupInfo="i" * 1500)
    yield Step(f"POST {GROUPS}", MANAGER | TEXT, data=b"{}")
    yield Step(f"POST {GROUPS}", MANAGER | JSON, data=b"\xff")
    yield Step(f"POST {GROUPS}", MANAGER | CHARSET, data=b"{}")
    yield from (Step(f"GET {GROUPS}", VIEWER), Step(f"DELETE {GROUPS}/4", MANAGER))
    yield Step(f"GET {GROUPS}?pageSize=2&pageNumber=2", VIEWER)
    yield from (Step(f"GET {GROUPS}/{number}", VIEWER) for number in (4, 1))
    yield Step(f"PUT {GROUPS}/1", MANAGER, json={"reportGroupCode": "c", "reportGroupInfo": "n"})
    yield _group("again", [1])


def _schedule() -> Step:
    return Step(f"GET {DISTRIBUTIONS}/1", MANAGER)


def _runs() -> Iterator[Step]:
    yield from (_schedule(), _run(1), _schedule(), _run(1), _run(2), _run(3))
    yield from (_run(1, "7,7,8"), _schedule(), _run(1, "8"), _run(1))
    yield from (_run(1, "13"), _run(1, "abc"), _run(1, "7,x"))
    yield from (_run(99), _run(2**31), _run(2**32 + 1), _run("word"), _run(1, "5,6,7,8"))
    for headers in ({}, NOBODY, VIEWER, LONGER, {"ECI-ApiKey": ""}, {"ECI-ApiKey": LOUD}):
        yield _run(1, headers=headers)
    yield from (_run(1, headers=MANAGER | JSON), _run(1, headers=MANAGER | TEXT))
    yield Step(f"POST {DISTRIBUTIONS}/1/exec?verbose=1", MANAGER)


def _logs() -> Iterator[Step]:
    every = Step(f"GET {DISTRIBUTIONS}/log?includeInProgress=true", MANAGER)
    yield from (every, Step(f"GET {DISTRIBUTIONS}/log", MANAGER), _wait(11), every, every)
    yield Step(f"GET {DISTRIBUTIONS}/log?pageSize=2&pageNumber=2", MANAGER)
    yield Step(f"GET {DISTRIBUTIONS}/log/1/detail", MANAGER | {"Accept-Encoding": "gzip"})
    for number in range(1, 5):
        yield from (Step(f"GET {DISTRIBUTIONS}/log/{number}/detail", h) for h in (MANAGER, VIEWER))


def _distributions() -> Iterator[Step]:
    body = {
        "specificReportId": 1,
        "reportDistributionName": "Weekly",
        "reportFilters": [],
        "recipientUserGroupIds": [1],
        "emailSubject": "Weekly",
        "emailMessage": "Attached.",
        "reportSubscriptionScheduleTypeId": 2,
        "dayIndicatorValue": 6,
        "onlySendIfData": False,
        "reportFormat": "Csv",
    }
    yield Step(f"POST {DISTRIBUTIONS}", MANAGER, json=body)
    yield Step(f"POST {DISTRIBUTIONS}", MANAGER, json=body | {"dayIndicatorValue": 7})
    kept = {"enabled": False, "replyToEmail": None, "reportDistributionName": "Budget to nobody"}
    yield Step(f"PUT {DISTRIBUTIONS}/2", MANAGER, json=body | kept)
    for text in FILTERS:
        yield Step(f"GET {DISTRIBUTIONS}?filter={quote(text)}", MANAGER)
    yield Step(f"GET {DISTRIBUTIONS}/1", VIEWER)
    yield Step(f"GET {GROUPS}?pageSize=2000", VIEWER)
    yield Step(f"DELETE {DISTRIBUTIONS}/log?olderThanDays=3", MANAGER)
    yield Step(f"GET {DISTRIBUTIONS}/log", MANAGER)


def script() -> Iterator[Step]:
    """Yield the whole script."""
    for part in (_groups, _runs, _logs, _distributions):
        yield from part()
