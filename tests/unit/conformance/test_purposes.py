"""Tests of the count of requests by what they served."""

import pytest

import conformance
from conformance.evaluation.coverage import count_purposes
from conformance.reference.app import create_app
from conformance.reference.serving import serve
from conformance.report import html_report, json_report, text
from conformance.settings import Effort, Settings
from tests.unit.conformance._results import exchange, result


def test_each_request_is_counted_once_and_the_rest_was_repeated():
    sent = [exchange(number, "getJob", b"{}") for number in range(1, 6)]
    counts = count_purposes(result().contract, sent, range(4, 6), 8)
    assert counts == {"poll": 3, "repeated": 3, "shrink": 2}
    assert sum(counts.values()) == 8


@pytest.mark.slow
def test_a_run_says_what_its_requests_served():
    with serve(create_app()) as url:
        found = conformance.run(
            "talkdesk",
            url,
            control_url=f"{url}/_mock",
            settings=Settings(effort=Effort.QUICK),
        )
    purposes = found.coverage.purposes
    assert sum(purposes.values()) == found.requests
    assert {"preflight", "create", "poll", "download", "negative", "clean-up"} <= purposes.keys()
    assert "concurrent" in purposes
    assert f"create {purposes['create']}" in " ".join(text.render(found).split())
    assert json_report.to_data(found)["requests"]["purposes"] == purposes
    assert f"create <b>{purposes['create']}</b>" in html_report.render(found)
