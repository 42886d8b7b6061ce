"""Tests of the client: what it sends, and what it will not send."""

import pytest

from conformance.errors import NotPermitted, TargetUnavailable
from conformance.http.request import HttpRequest, build_path, build_query
from conformance.session import open_session
from conformance.settings import Settings
from conformance.target import LIMITED, WRONG, Consent, Credential, Target
from specs import load
from tests.unit.conformance._clock import FakeClock
from tests.unit.conformance._raw import reply, serving
from tests.unit.conformance._tiny_vendor import TOKEN, TinyServer, contract, target


def client_for(found: Target, vendor=None):
    return open_session(vendor or contract(), found, Settings(timeout=5.0))


def test_path_values_are_percent_encoded():
    operation = contract().operations["getJob"]
    assert build_path(operation, {"id": "a/b ü"}) == "/jobs/a%2Fb%20%C3%BC"
    assert build_path(operation, {"id": ".."}) == "/jobs/%2E%2E"


def test_query_lists_are_written_in_the_style_of_their_parameter():
    operation = load("energycap").operations["executeReportDistribution"]
    assert build_query(operation, {"overrideUserIds": [7, 7, 8]}) == (("overrideUserIds", "7,7,8"),)
    assert build_query(operation, {"other": [1, 2], "gone": None, "flag": True}) == (
        ("other", "1"),
        ("other", "2"),
        ("flag", "true"),
    )


def test_headers_of_a_draft_are_replaced_whatever_their_case():
    draft = HttpRequest("GET", "/", headers={"Content-Type": "a/b", "X": "y"})
    assert draft.with_headers({"content-type": "c/d", "x": None}).headers == {"content-type": "c/d"}


def test_the_credential_of_the_role_goes_along():
    with TinyServer() as server:
        client = client_for(target(server.url))
        assert client.call("createJob", json={"size": 1}, driver="t").status == 202
        assert client.call("createJob", json={"size": 1}, role=None, driver="t").status == 401
        assert client.call("createJob", json={"size": 1}, role=WRONG, driver="t").status == 401


def test_a_role_that_the_target_lacks_is_refused():
    client = client_for(target("http://127.0.0.1:1"))
    with pytest.raises(NotPermitted, match="'limited'"):
        client.call("getJob", path={"id": "x"}, role=LIMITED, driver="t")


def test_an_api_key_goes_into_its_header():
    credentials = {"primary": Credential("primary", "$KEY", "key-of-a-test")}
    with serving(reply(200, b"[]")) as server:
        found = Target("energycap", server.url, credentials=credentials)
        exchange = client_for(found, load("energycap")).call("listReportGroups", driver="t")
    assert b"ECI-ApiKey: key-of-a-test" in server.requests[0]
    assert exchange.request.headers["ECI-ApiKey"] == "$KEY"


def test_tokens_are_bought_hidden_and_can_be_used_by_their_placeholder():
    def token(request, connection, _):
        issued = b'{"access_token": "issued-tok", "token_type": "Bearer", "expires_in": 600}'
        connection.sendall(reply(200, issued if b"/oauth/token" in request else b"{}"))

    credential = Credential("primary", "$T", client_id="some-id", client_secret="some-secret")
    with serving(token) as server:
        client = client_for(
            Target("talkdesk", server.url, writes=True, credentials={"primary": credential}),
            load("talkdesk"),
        )
        form = {"grant_type": "client_credentials"}
        exchange = client.call("createToken", form=form, driver="t")
        assert exchange.json["access_token"] == "$T_1"
        headers = {"Authorization": "Bearer " + exchange.json["access_token"]}
        client.call("listReportJobs", path={"type": "calls"}, headers=headers, driver="t")
        client.call("listReportJobs", path={"type": "calls"}, driver="t")
    sent = b"".join(server.requests)
    assert sent.count(b"Authorization: Bearer issued-tok") == 2
    assert sent.count(b"POST /oauth/token") == 2
    recorded = repr(client.exchanges)
    assert "issued-tok" not in recorded
    assert "some-secret" not in recorded
    assert "Basic $T_BASIC" in recorded


def test_a_token_is_renewed_before_it_expires():
    def token(_, connection, __):
        connection.sendall(reply(200, b'{"access_token": "short-lived", "expires_in": 60}'))

    credential = Credential("primary", "$T", client_id="some-id", client_secret="some-secret")
    clock = FakeClock()
    with serving(token) as server:
        found = Target("talkdesk", server.url, credentials={"primary": credential})
        client = open_session(load("talkdesk"), found, Settings(), clock)
        for moment in (0, 29, 31):
            clock.time = moment
            client.call("listReportJobs", path={"type": "calls"}, driver="t")
    assert sum(b"/oauth/token" in request for request in server.requests) == 2


def test_refused_client_credentials_leave_the_target_unjudged():
    credential = Credential("primary", "$T", client_id="some-id", client_secret="some-secret")
    with serving(reply(401, b"{}")) as server:
        found = Target("talkdesk", server.url, credentials={"primary": credential})
        client = client_for(found, load("talkdesk"))
        with pytest.raises(TargetUnavailable, match="it answered 401"):
            client.call("listReportJobs", path={"type": "calls"}, driver="t")


def test_a_read_only_target_is_not_written_to():
    client = client_for(target("http://127.0.0.1:1", writes=False))
    with pytest.raises(NotPermitted, match="read-only"):
        client.call("createJob", json={"size": 1}, driver="t")
    with pytest.raises(NotPermitted, match="read-only"):
        client.call("deleteJob", path={"id": client.unused_id("id")}, driver="t")


def test_only_what_the_run_made_may_be_changed():
    with TinyServer() as server:
        server.jobs["theirs"] = {"id": "theirs", "state": "old"}
        client = client_for(target(server.url))
        with pytest.raises(NotPermitted, match="'theirs' was not created by this run"):
            client.call("deleteJob", path={"id": "theirs"}, driver="t")
        made = client.call("createJob", json={"size": 1}, driver="t").json["id"]
        assert client.call("deleteJob", path={"id": made}, driver="t").status == 204
        assert (
            client.call("deleteJob", path={"id": client.unused_id("id")}, driver="t").status == 404
        )
    assert set(server.jobs) == {"theirs"}


def test_an_operation_that_reaches_others_needs_consent():
    energycap = load("energycap")
    credentials = {"primary": Credential("primary", "$KEY", "key-of-a-test")}
    path = {"reportDistributionId": 1}

    def trial(**more):
        found = Target(
            "energycap", "http://127.0.0.1:1", writes=True, credentials=credentials, **more
        )
        return client_for(found, energycap)

    run = "executeReportDistribution"
    with pytest.raises(NotPermitted, match="no `consent` for executeReportDistribution"):
        trial().call(run, path=path, driver="t")
    with pytest.raises(NotPermitted, match="no `consent` for executeAllReportDistributions"):
        trial().call("executeAllReportDistributions", driver="t")
    bound = Consent({"reportDistributionId": ("1",)}, {"overrideUserIds": ("7", "8")})
    client = trial(consent={run: bound})
    with pytest.raises(NotPermitted, match="only with overrideUserIds from 7, 8"):
        client.call(run, path=path, driver="t")
    with pytest.raises(NotPermitted, match="only with overrideUserIds from 7, 8"):
        client.call(run, path=path, query={"overrideUserIds": [7, 9]}, driver="t")
    with pytest.raises(NotPermitted, match="was not created by this run"):
        client.call(run, path={"reportDistributionId": 2}, driver="t")
    allowed = client.call(run, path=path, query={"overrideUserIds": [7, 8]}, driver="t")
    assert allowed.failure == "the connection was refused"


def test_jobs_are_followed_from_creation_to_sightings():
    with TinyServer() as server:
        client = client_for(target(server.url))
        made = client.call("createJob", json={"size": 1}, driver="t")
        server.jobs["job-1"]["state"] = "old"
        client.call("getJob", path={"id": "job-1"}, driver="t")
    (job,) = client.jobs
    assert (job.id, job.creation, job.created_by_us) == ("job-1", made, True)
    assert [sighting.state for sighting in job.observations] == ["new", "old"]


def test_the_history_of_a_job_is_that_of_the_id_asked_for():
    with TinyServer() as server:
        server.jobs["a"] = {"id": "another", "state": "old"}
        client = client_for(target(server.url))
        client.call("getJob", path={"id": "a"}, driver="t")
    assert [job.id for job in client.jobs] == ["a"]
    assert not client.jobs[0].created_by_us


def test_an_id_of_the_wrong_type_names_no_job():
    with TinyServer(lambda *_: (202, {"id": 7, "state": "new"})) as server:
        client = client_for(target(server.url))
        client.call("createJob", json={"size": 1}, driver="t")
    assert client.jobs == ()


def test_waiting_moves_the_control_clock():
    with serving(reply(200, b"{}")) as control:
        client = client_for(target("http://127.0.0.1:1", control_url=f"{control.url}/_mock"))
        assert client.wait(90)
        assert client.force_outcome("job/1", "OLD")
    assert control.requests[0].startswith(b"POST /_mock/clock ")
    assert control.requests[0].endswith(b'{"advance":"PT1M30S"}')
    assert control.requests[1].startswith(b"POST /_mock/jobs/tiny/job%2F1/outcome ")
    assert TOKEN.encode() not in b"".join(control.requests)


def test_without_control_the_suite_really_waits_within_its_budget():
    clock = FakeClock()
    client = open_session(contract(), target("http://127.0.0.1:1"), Settings(max_time=10.0), clock)
    assert client.wait(8)
    assert not client.wait(8)
    assert clock.slept == [8]
    assert not client.force_outcome("job", "OLD")
