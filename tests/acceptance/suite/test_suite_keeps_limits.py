"""The limits of a run are kept, load is waited out, and a storm of 429 ends the run."""

import threading
from functools import partial
from urllib.parse import parse_qsl

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.errors import TargetUnavailable
from conformance.settings import Effort, Settings
from tests.acceptance.suite._runs import judge as judge_over_sockets
from tests.acceptance.suite._runs import target_file
from tests.acceptance.suite._spy import Reply, Seen, spying
from tests.unit.conformance._clock import FakeClock

LATE = (("Retry-After", "7"), ("Content-Type", "application/json"))


judge = partial(judge_over_sockets, in_process=True)


def quick(**more) -> Settings:
    return Settings(effort=Effort.QUICK, **more)


def load(after: int, every: int = 1, headers: tuple = LATE):
    """Answer 429 to every so-manieth request, once so many have come."""
    lock, count = threading.Lock(), 0

    def meddle(_: Seen) -> Reply | None:
        nonlocal count
        with lock:
            count += 1
            busy = count > after and count % every == 0
        return Reply(429, headers, b"{}") if busy else None

    return meddle


def test_max_requests_is_kept_and_said():
    with spying() as spy:
        result = judge("talkdesk", spy, settings=quick(max_requests=30))
    assert len(spy.seen) <= 30
    assert any("--max-requests" in note for note in result.notes)


def test_what_a_run_made_is_removed_even_where_max_requests_ends_it():
    with spying() as spy:
        result = judge("talkdesk", spy, settings=quick(max_requests=30))
    deletions = [seen for seen in spy.writes if seen.method == "DELETE"]
    assert deletions
    assert len(spy.seen) <= 30
    assert not any("Left behind" in note for note in result.notes)


def test_the_rate_is_kept_over_the_whole_run():
    clock = FakeClock()
    with spying() as spy:
        judge("clinicalone", spy, settings=quick(rate=10.0, max_requests=100), clock=clock)
    assert clock.time >= (len(spy.seen) - 1) / 10 - 0.001


def test_max_time_is_kept_and_said():
    clock = FakeClock()
    with spying() as spy:
        settings = quick(rate=10.0, max_time=4.0)
        result = judge("energycap", spy, settings=settings, clock=clock)
    assert clock.time <= 4.1
    assert any("--max-time" in note for note in result.notes)


def test_load_now_and_then_is_waited_out_and_costs_no_verdict():
    clock = FakeClock()
    with spying(meddle=load(after=5, every=9)) as spy:
        result = judge("talkdesk", spy, settings=quick(), clock=clock)
    assert 7.0 in clock.slept
    assert result.exit_code == 0


def test_load_without_retry_after_is_waited_out_too():
    clock = FakeClock()
    with spying(meddle=load(after=5, every=9, headers=())) as spy:
        settings = quick(only=frozenset({"TD-JOB-001", "TD-FILE-001"}))
        result = judge("talkdesk", spy, settings=settings, clock=clock)
    assert clock.slept
    assert result.exit_code == 0


def test_a_target_that_is_overloaded_from_the_start_is_not_judged():
    with spying(meddle=load(after=0)) as spy, pytest.raises(TargetUnavailable, match="overloaded"):
        judge("talkdesk", spy, settings=quick())
    assert len(spy.seen) <= 5


def test_a_storm_of_429_ends_the_run_with_error():
    with spying(meddle=load(after=40)) as spy:
        result = judge("talkdesk", spy, settings=quick())
    assert result.exit_code == 3
    assert result.counts["FAIL"] == 0
    assert len(spy.seen) <= 40 + 60
    reasons = {row.reason for row in result.requirements if row.verdict == "ERROR"}
    assert any("overloaded" in reason for reason in reasons)


def test_a_token_is_renewed_before_it_expires_in_mid_run(tmp_path):
    """Nothing is sent with a token that has expired: the target would answer 401."""
    clock = FakeClock()
    bought: dict[str, float] = {}
    late = []

    def alter(seen: Seen, reply: Reply) -> Reply:
        if seen.path == "/oauth/token" and reply.status == 200:
            bought[reply.json["access_token"]] = clock.now() + reply.json["expires_in"]
        used = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if bought.get(used, clock.now() + 1) <= clock.now():
            late.append(seen.line)
        return reply

    primary = {"client_id": "mock-talkdesk-client", "client_secret": "mock-talkdesk-secret"}
    file = target_file(tmp_path, "talkdesk", credentials={"primary": primary})
    with spying(alter=alter) as spy:
        settings = quick(rate=0.2, max_time=1e6)  # a request in five seconds: tokens grow old
        result = judge("talkdesk", spy, file=file, settings=settings, clock=clock, control=False)
    assert len(bought) > 2
    assert late == []
    assert result.counts["ERROR"] == 0


def test_a_dry_run_sends_nothing_and_prints_plan_and_cost(tmp_path):
    file = target_file(tmp_path, "clinicalone", max_created=6)
    with spying() as spy:
        arguments = ["run", "clinicalone", "--base-url", spy.url, "--target", str(file)]
        printed = CliRunner().invoke(main, [*arguments, "--dry-run"])
    assert printed.exit_code == 0
    assert spy.seen == []
    assert "lifecycle: " in printed.output
    assert "<= 6  resources created by createReport\n" in printed.output
    assert "requests, about" in printed.output


def test_mail_is_sent_only_with_consent(tmp_path):
    file = target_file(tmp_path, "energycap", consent=None)
    with spying() as spy:
        result = judge("energycap", spy, file=file, settings=quick())
    assert spy.writes
    assert not [seen for seen in spy.seen if "/exec" in seen.path]
    reasons = {row.reason for row in result.requirements if row.verdict == "SKIP"}
    assert "the target file has no `consent` for executeReportDistribution" in reasons


def test_mail_reaches_only_the_override_users_of_the_consent(tmp_path):
    allowed = {"path": {"reportDistributionId": [2]}, "query": {"overrideUserIds": [8]}}
    file = target_file(
        tmp_path,
        "energycap",
        consent={"executeReportDistribution": allowed},
        values={"reportDistributionId": [2], "overrideUserIds": [8]},
    )
    with spying() as spy:
        judge("energycap", spy, file=file, settings=quick())
    sent = [seen for seen in spy.seen if "/exec" in seen.path and seen.reply.status < 300]
    assert sent
    for seen in sent:
        assert {user for _, users in parse_qsl(seen.query) for user in users.split(",")} == {"8"}


def test_a_consent_that_names_no_users_sends_nothing(tmp_path):
    vague = {"path": {"reportDistributionId": [2]}}
    file = target_file(tmp_path, "energycap", consent={"executeReportDistribution": vague})
    with spying() as spy:
        judge("energycap", spy, file=file, settings=quick())
    assert not [seen for seen in spy.seen if "/exec" in seen.path]
