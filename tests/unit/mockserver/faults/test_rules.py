"""Rules of faults through the application: whom they befall, how often, and what is told of it."""

from typing import Any

import pytest

from mockserver.app import App
from tests.unit.mockserver.asgi import CREATE, JSON, TALKDESK, Answer, ask
from tests.unit.mockserver.sample_requests import REQUESTS

JOBS = "/data/reports/calls/jobs"
ID = "3f2c9d1e-0000-4000-8000-00000000000"
POLL = REQUESTS["getReportJob"]
READER = {"authorization": "Bearer mock-talkdesk-reader"}
BUSY = {"kind": "rate-limit"}
DOWN = {"kind": "server-error", "status": 500}


def add(mock: App, *rules: dict[str, Any], headers: dict[str, str] | None = None) -> list[Any]:
    import orjson

    answer = ask(
        mock.app, "POST", "/_mock/faults", JSON | (headers or {}), orjson.dumps(list(rules))
    )
    assert answer.status == 201, answer.json
    return list(answer.json["faults"])


def listed(mock: App) -> list[Any]:
    return list(ask(mock.app, "GET", "/_mock/faults").json["faults"])


def statuses(mock: App, count: int, headers: dict[str, str] | None = None) -> list[int]:
    return [POLL.send(mock.app, headers).status for _ in range(count)]


@pytest.mark.parametrize(
    ("match", "times", "expected"),
    [
        ({}, None, [429, 429, 429, 429, 429, 429]),
        ({"nth": 3}, None, [200, 200, 429, 200, 200, 200]),
        ({"after": 4}, None, [200, 200, 200, 200, 429, 429]),
        ({"every": 2}, None, [200, 429, 200, 429, 200, 429]),
        ({"every": 2, "after": 2}, None, [200, 200, 200, 429, 200, 429]),
        ({}, 2, [429, 429, 200, 200, 200, 200]),
        ({"every": 3}, 1, [200, 200, 429, 200, 200, 200]),
    ],
)
def test_turns_are_counted(
    mock: App, match: dict[str, Any], times: int | None, expected: list[int]
) -> None:
    rule = {"match": {"operation": "getReportJob", **match}, "fault": BUSY}
    add(mock, rule if times is None else rule | {"times": times})
    assert statuses(mock, 6) == expected
    assert listed(mock)[0]["seen"] == 6
    assert listed(mock)[0]["fired"] == expected.count(429)


@pytest.mark.parametrize(
    ("match", "befallen"),
    [
        ({"vendor": "talkdesk"}, True),
        ({"vendor": "energycap"}, False),
        ({"operation": "getReportJob"}, True),
        ({"operation": "listReportJobs"}, False),
        ({"method": "GET"}, True),
        ({"method": "DELETE"}, False),
        ({"path": "/data/reports/calls/"}, True),
        ({"path": "/data/reports/contacts"}, False),
        ({"role": "writer"}, True),
        ({"role": "reader"}, False),
        ({"state": "PROCESSING"}, True),
        ({"state": "DONE"}, False),
        ({"vendor": "talkdesk", "method": "GET", "role": "writer", "state": "PROCESSING"}, True),
        ({"vendor": "talkdesk", "method": "GET", "role": "reader"}, False),
    ],
)
def test_match_says_which_requests_are_meant(
    mock: App, match: dict[str, Any], befallen: bool
) -> None:
    add(mock, {"match": match, "fault": BUSY})
    assert (POLL.send(mock.app).status == 429) == befallen
    assert listed(mock)[0]["seen"] == int(befallen)


def test_state_is_that_of_the_job_which_a_query_names(mock: App) -> None:
    add(mock, {"match": {"vendor": "clinicalone", "state": "SUCCEEDED"}, "fault": BUSY})
    assert REQUESTS["downloadReport"].send(mock.app).status == 429
    assert REQUESTS["kickOffReportJob"].send(mock.app).status == 202
    assert REQUESTS["listDownloads"].send(mock.app).status == 200


def test_state_goes_by_its_name_on_the_wire_too(mock: App) -> None:
    add(mock, {"match": {"vendor": "energycap", "state": "In Progress"}, "fault": BUSY})
    REQUESTS["executeReportDistribution"].send(mock.app)
    log = REQUESTS["getReportDistributionLogDetail"]
    assert log.send(mock.app).status == 429
    assert REQUESTS["getReportDistribution"].send(mock.app).status == 200  # an id alike, no log's
    ask(mock.app, "POST", "/_mock/clock", JSON, {"advance": "PT10S"})
    assert log.send(mock.app).status == 200


def test_fault_in_place_of_the_handler_changes_nothing(mock: App) -> None:
    add(mock, {"match": {"operation": "createReportJob"}, "fault": {"kind": "server-error"}})
    before = ask(mock.app, "GET", JOBS, TALKDESK).json["total"]
    answer = ask(mock.app, "POST", JOBS, TALKDESK | JSON, CREATE)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["x-mock-fault"] == "server-error; valid"
    assert ask(mock.app, "GET", JOBS, TALKDESK).json["total"] == before


def test_fault_after_the_handler_leaves_its_effect(mock: App) -> None:
    fault = {"kind": "server-error", "status": 504, "handled": True}
    add(mock, {"match": {"operation": "createReportJob"}, "fault": fault})
    before = ask(mock.app, "GET", JOBS, TALKDESK).json["total"]
    answer = ask(mock.app, "POST", JOBS, TALKDESK | JSON, CREATE)
    assert (answer.status, answer.headers["x-mock-fault"]) == (504, "server-error; violating")
    assert ask(mock.app, "GET", JOBS, TALKDESK).json["total"] == before + 1


def test_rate_limit_comes_before_the_body_is_judged(mock: App) -> None:
    add(mock, {"match": {"method": "POST"}, "fault": BUSY})
    assert ask(mock.app, "POST", JOBS, TALKDESK | JSON, {"format": 7}).status == 429


def test_refused_requests_are_befallen_too(mock: App) -> None:
    add(mock, {"match": {"path": "/data"}, "fault": {"kind": "rate-limit", "retry_after": 9}})
    for target in (f"{JOBS}/{ID}3", "/data/reports/nowhere"):
        answer = ask(mock.app, "GET", target)
        assert (answer.status, answer.headers["retry-after"]) == (429, "9")
    assert listed(mock)[0]["seen"] == 2


def test_one_fault_of_each_layer_is_played_and_the_first_rule_wins(mock: App) -> None:
    add(
        mock,
        {"fault": {"kind": "drop-field", "pointer": "/job/name"}},
        {"fault": {"kind": "drop-field", "pointer": "/job/id"}},
        {"fault": {"kind": "latency", "ms": 0}},
        {"fault": {"kind": "drip", "bytes_per_second": 1000000}},
    )
    answer = POLL.send(mock.app)
    assert answer.headers["x-mock-fault"] == (
        'drop-field; valid; pointer="/job/name", latency; valid, drip; valid'
    )
    assert "id" in answer.json["job"]
    assert "name" not in answer.json["job"]
    assert [row["fired"] for row in listed(mock)] == [1, 0, 1, 1]
    assert [row["seen"] for row in listed(mock)] == [1, 1, 1, 1]


def test_fault_without_a_place_is_not_played(mock: App) -> None:
    add(mock, {"fault": {"kind": "drop-field"}, "times": 1})
    answer = REQUESTS["cancelReportJob"].send(mock.app)
    assert (answer.status, answer.headers.get("x-mock-fault")) == (204, None)
    assert listed(mock)[0]["fired"] == 0
    assert "x-mock-fault" in POLL.send(mock.app).headers


def test_expired_token_is_refused_in_the_vendors_words(mock: App) -> None:
    poll = {"operation": "getReportJob", "nth": 2}
    add(mock, {"match": poll, "fault": {"kind": "expired-token"}})
    assert statuses(mock, 3) == [200, 401, 200]
    add(mock, {"fault": {"kind": "expired-token"}})
    answer = POLL.send(mock.app)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json["code"] == "unauthorized"


def test_token_may_stay_expired_until_the_rules_go(mock: App) -> None:
    fault = {"kind": "expired-token", "lasting": True}
    add(mock, {"match": {"operation": "getReportJob", "nth": 2}, "fault": fault})
    assert statuses(mock, 4) == [200, 401, 401, 401]
    assert ask(mock.app, "GET", JOBS, TALKDESK).status == 401
    assert ask(mock.app, "GET", JOBS, READER).status == 200
    token = REQUESTS["createToken"].send(mock.app).json["access_token"]
    assert ask(mock.app, "GET", JOBS, {"authorization": f"Bearer {token}"}).status == 200
    assert ask(mock.app, "DELETE", "/_mock/faults").status == 204
    assert POLL.send(mock.app).status == 200


def test_faults_belong_to_a_sandbox(mock: App) -> None:
    name = ask(mock.app, "POST", "/_mock/sandboxes").json["id"]
    here = {"x-mock-sandbox": name}
    add(mock, {"fault": BUSY}, headers=here)
    assert POLL.send(mock.app).status == 200
    assert POLL.send(mock.app, here).status == 429
    assert listed(mock) == []


def test_reset_takes_faults_away(mock: App) -> None:
    add(mock, {"fault": BUSY})
    assert ask(mock.app, "POST", "/_mock/reset").status == 204
    assert listed(mock) == []
    assert POLL.send(mock.app).status == 200


def test_rules_are_listed_replaced_and_deleted(mock: App) -> None:
    first, second = add(mock, {"fault": BUSY}, {"id": "mine", "fault": DOWN})
    assert (first["id"], first["label"]) == ("fault-1", "valid")
    assert (second["id"], second["label"]) == ("mine", "violating")
    POLL.send(mock.app)
    add(mock, {"id": "fault-1", "fault": {"kind": "latency"}, "times": 1})
    rows = listed(mock)
    assert [(row["id"], row["fault"]["kind"], row["seen"]) for row in rows] == [
        ("fault-1", "latency", 0),
        ("mine", "server-error", 1),
    ]
    assert ask(mock.app, "DELETE", "/_mock/faults/mine").status == 204
    assert ask(mock.app, "DELETE", "/_mock/faults/mine").status == 404
    assert [row["id"] for row in listed(mock)] == ["fault-1"]


def test_one_rule_may_stand_alone(mock: App) -> None:
    answer = ask(mock.app, "POST", "/_mock/faults", JSON, {"fault": BUSY})
    assert [row["id"] for row in answer.json["faults"]] == ["fault-1"]


def test_control_plane_and_preflights_are_spared(mock: App) -> None:
    add(mock, {"fault": BUSY})
    assert ask(mock.app, "GET", "/_mock/health", {"x-mock-fault": "reset"}).status == 200
    asked = {"origin": "https://page.example", "access-control-request-method": "GET"}
    assert ask(mock.app, "OPTIONS", POLL.target, asked).status == 204
    assert listed(mock)[0]["seen"] == 0


def test_pages_may_send_and_read_the_header(mock: App) -> None:
    asked = {
        "origin": "https://page.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "prefer, x-mock-fault, x-mock-scenario",
    }
    allowed = ask(mock.app, "OPTIONS", POLL.target, asked).headers["access-control-allow-headers"]
    assert {"x-mock-fault", "x-mock-scenario", "prefer"} <= set(allowed.split(", "))
    answer = POLL.send(mock.app, {"origin": "https://page.example"})
    assert "X-Mock-Fault" in answer.headers["access-control-expose-headers"]


def test_journal_tells_what_was_played(mock: App) -> None:
    add(mock, {"fault": {"kind": "unknown-enum", "pointer": "/job/status"}, "times": 1})
    POLL.send(mock.app)
    POLL.send(mock.app, {"x-mock-fault": "rate-limit"})
    POLL.send(mock.app)
    rows = ask(mock.app, "GET", "/_mock/requests").json["requests"]
    assert [row["faults"] for row in rows] == [
        [{"kind": "unknown-enum", "label": "violating"}],
        [{"kind": "rate-limit", "label": "valid"}],
        [],
    ]
    assert [row["verdict"] for row in rows] == ["broken", "refused", "ok"]
    assert "injected fault" in rows[0]["reason"]


def answers(mock: App, name: str | None, count: int) -> list[Answer]:
    headers = {"x-mock-sandbox": name} if name else {}
    return [POLL.send(mock.app, headers) for _ in range(count)]


def test_chance_follows_from_the_seed_and_the_number_of_the_request(mock: App) -> None:
    def play(*, others: bool = False) -> list[int]:
        mock.sandboxes.reset(mock.sandboxes.default)
        add(mock, {"match": {"operation": "getReportJob"}, "fault": BUSY, "probability": 0.4})
        found = []
        for _ in range(30):
            if others:
                ask(mock.app, "GET", JOBS, TALKDESK)
            found.append(POLL.send(mock.app).status)
        return found

    first = play()
    assert first == play() == play(others=True)
    assert 0 < first.count(429) < 30


def test_another_sandbox_has_another_chance(mock: App) -> None:
    names = [
        ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"seed": seed}).json["id"]
        for seed in (1, 2)
    ]
    found = []
    for name in names:
        headers = {"x-mock-sandbox": name}
        add(mock, {"fault": BUSY, "probability": 0.5}, headers=headers)
        found.append([row.status for row in answers(mock, name, 30)])
    assert found[0] != found[1]


@pytest.mark.parametrize("probability", [0, 1])
def test_never_and_always(mock: App, probability: int) -> None:
    add(mock, {"fault": BUSY, "probability": probability})
    assert statuses(mock, 10).count(429) == 10 * probability
