"""Expectations of active checks, and what they do where a target has nothing to test."""

import re
from dataclasses import replace
from typing import Any

import pytest

from conformance.checks import CheckResult
from conformance.checks.active_case import ActiveCase, expect_accepted, expect_rejected
from conformance.errors import Untestable
from conformance.evaluation.evaluator import run_active_check
from conformance.plan import make_plan
from conformance.settings import Settings
from conformance.target import Consent, Credential, no_credential
from conformance.target.client import Client
from tests.unit.conformance._cases import CHECKS, exchange, requirement
from tests.unit.conformance._reference import reference_client

PASSED, FAILED, SKIPPED = True, False, None


@pytest.mark.parametrize(
    ("status", "statuses", "kept"),
    [
        (401, (), PASSED),
        (401, (401,), PASSED),
        (403, (401,), FAILED),
        (200, (), FAILED),
        (300, (401,), FAILED),
        (500, (401,), SKIPPED),
        (429, (401,), SKIPPED),
    ],
)
def test_refusal(status: int, statuses: tuple[int, ...], kept: bool | None) -> None:
    (result,) = expect_rejected(exchange("getReportJob", status, {}), "it", statuses)
    assert result.passed is kept
    assert bool(result.reason) is (kept is not PASSED)


@pytest.mark.parametrize(
    ("status", "refusals", "kept"),
    [
        (202, (400,), PASSED),
        (404, (400,), PASSED),
        (400, (400,), FAILED),
        (404, (), FAILED),
        (500, (400,), SKIPPED),
        (503, (), SKIPPED),
    ],
)
def test_acceptance(status: int, refusals: tuple[int, ...], kept: bool | None) -> None:
    (result,) = expect_accepted(exchange("getReportJob", status, {}), "it", refusals)
    assert result.passed is kept


def test_no_response_is_no_result() -> None:
    one = exchange("getReportJob", 200, {})
    object.__setattr__(one, "response", None)
    assert not list(expect_rejected(one, "it"))
    assert not list(expect_accepted(one, "it"))


def run_check(row: str, client: Client) -> list[CheckResult]:
    rule = requirement(row)
    assert rule.check is not None
    return list(run_active_check(CHECKS[rule.check.name], ActiveCase(rule, client)))


@pytest.mark.parametrize(
    ("row", "vendor", "target"),
    [
        ("EC-EXEC-009", "energycap", {"values": {}}),
        ("EC-EXEC-010", "energycap", {"values": {}}),
        ("EC-EXEC-011", "energycap", {"facts": {}}),
    ],
)
def test_active_check_is_skipped_with_a_reason_where_the_target_file_says_too_little(
    row: str, vendor: str, target: dict[str, Any]
) -> None:
    with reference_client(vendor, **target) as client:
        found = run_check(row, client)
    assert [result.passed for result in found] == [SKIPPED]
    assert found[0].reason


def test_check_of_a_role_is_not_planned_without_its_credential() -> None:
    with reference_client("talkdesk", credentials={}) as client:
        plan = make_plan(client.contract, CHECKS, Settings(), client.policy)
    for row, role in (("TD-AUTH-003", "limited"), ("TD-AUTH-005", "foreign")):
        assert plan.skips[row] == no_credential(role)


def test_active_check_is_skipped_where_nothing_can_be_named() -> None:
    with reference_client("talkdesk", writes=False) as client:
        (result,) = run_check("TD-STAT-002", client)
    assert result.passed is SKIPPED
    assert "nothing at the target" in result.reason


def test_active_check_uses_a_job_that_the_target_file_consents_to() -> None:
    held = "6A7C29DD011241DFBE1B64399283C861"
    consent = {"kickOffReportJob": Consent({"jobId": (held,)}, {}, any_query=True)}
    with reference_client("clinicalone", consent=consent) as client:
        client.call = refusing_creation(client.call)  # type: ignore[method-assign]
        results = list(run_check("C1-AUTH-003", client))
    assert results
    assert all(result.passed is PASSED for result in results)
    assert all(result.exchanges[0].path_parameters == {"jobId": held} for result in results)


RUN_CONSENT = Consent({"reportDistributionId": ("2",)}, {}, any_query=True)


@pytest.mark.parametrize("consent", [RUN_CONSENT, replace(RUN_CONSENT, path={})])
def test_valid_request_names_what_exists_and_nothing_that_the_run_has_deleted(
    consent: Consent,
) -> None:
    consents = {"executeReportDistribution": consent}
    with reference_client("energycap", values={}, consent=consents) as client:
        case = ActiveCase(requirement("EC-EXEC-001"), client)
        _, own = case.create_resource("createReportDistribution")
        assert case.valid_request().path == own
        assert case.send_minimal("deleteReportDistribution", own).status == 204
        if consent.path:
            assert case.valid_request().path == {"reportDistributionId": "2"}
            return
        with pytest.raises(Untestable):
            case.valid_request()


def test_recipients_are_counted_where_the_target_file_gives_their_number() -> None:
    target: dict[str, Any] = {
        "values": {"overrideUserIds": (7,)},
        "facts": {"recipients": {"2": 10**6}},
        "consent": {"executeReportDistribution": RUN_CONSENT},
    }
    with reference_client("energycap", **target) as client:
        ActiveCase(requirement("EC-EXEC-008"), client).create_resource("createReportDistribution")
        (result,) = run_check("EC-EXEC-008", client)
    assert result.passed is FAILED
    assert result.exchanges[0].path_parameters == {"reportDistributionId": "2"}


def refusing_creation(call: Any) -> Any:
    """A client's call that may not create."""

    def guarded(operation_id: str, **request: Any) -> Any:
        if operation_id == "createReport":
            request["role"] = None
        return call(operation_id, **request)

    return guarded


def test_absent_id_has_the_shape_of_the_ids_that_are_there() -> None:
    with reference_client("talkdesk") as client:
        handle = ActiveCase(requirement("TD-STAT-003"), client).new_job()
        assert handle is not None
        (result,) = run_check("TD-STAT-003", client)
        asked = result.exchanges[0].path_parameters["id"]
    assert result.passed is PASSED
    assert asked != handle.id
    assert (len(asked), asked[:24]) == (len(handle.id), handle.id[:24])


def test_a_run_is_not_accused_of_refusing_ids_that_nobody_vouched_for() -> None:
    values = {"reportDistributionId": (1,), "overrideUserIds": (7,)}
    with reference_client("energycap", values=values) as client:
        asked = run_check("EC-GRP-001", client)
        assert [result.passed for result in asked] == [PASSED]
    with reference_client("energycap", ["ec-group-201"], values=values) as client:
        assert [result.passed for result in run_check("EC-GRP-001", client)] == [FAILED]


def test_retry_of_a_kick_off_may_fail_again_but_must_move() -> None:
    with reference_client("clinicalone", ["c1-free-sometimes-fails"]) as client:
        assert [result.passed for result in run_check("C1-KICK-016", client)] == [PASSED]
    with reference_client("clinicalone", ["c1-kickoff-failed-nothing"]) as client:
        assert [result.passed for result in run_check("C1-KICK-016", client)] == [FAILED]


def test_without_a_control_url_no_job_is_accused_of_being_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with reference_client("clinicalone", ["c1-kickoff-nothing"], control=False) as client:
        monkeypatch.setattr(client, "wait", lambda _: False)
        (result,) = run_check("C1-KICK-001", client)
    assert result.passed is SKIPPED
    assert re.search(r"in the \d+ s of this check \(`job_seconds` in the target", result.reason)


def test_job_is_accused_of_never_starting_where_the_target_file_says_how_long_one_takes() -> None:
    with reference_client(
        "clinicalone", ["c1-kickoff-nothing"], control=False, job_seconds=5.0
    ) as client:
        assert [result.passed for result in run_check("C1-KICK-001", client)] == [FAILED]


def test_each_credential_of_a_kind_is_tried() -> None:
    keys = {"primary": "manager", "limited": "viewer", "limited_manager": "manager"}
    credentials = {
        role: Credential(role, f"${role.upper()}", f"mock-energycap-{key}")
        for role, key in keys.items()
    }
    with reference_client("energycap", credentials=credentials) as client:
        results = run_check("EC-AUTH-005", client)
    assert [result.passed for result in results] == [PASSED, FAILED]
    assert "'limited_manager'" in results[1].reason


def test_every_active_check_says_how_many_requests_it_sends() -> None:
    for name, check in CHECKS.items():
        assert check.requests >= 1, name


def test_credential_that_is_not_refused_is_told_from_a_refusal_of_something_else() -> None:
    """A finished job can be cancelled by nobody: the same 403 says that no token was looked at."""
    with reference_client("talkdesk", ["td-any-token-ok"]) as client:
        case = ActiveCase(requirement("TD-AUTH-015"), client)
        assert case.finished_job({}, ours=True) is not None
        results = run_check("TD-AUTH-015", client)
    accepted = [result.reason for result in results if result.passed is FAILED]
    assert "is answered 403 like the right credential: it is not refused" in accepted[0]
    assert not any("not 401" in reason for reason in accepted)


def test_role_is_not_judged_where_the_right_one_gets_the_same_refusal() -> None:
    """What exists nowhere is refused to anybody."""
    with reference_client("energycap", ["ec-log-detail-viewer"], writes=False) as client:
        results = run_check("EC-AUTH-016", client)
    assert [result.passed for result in results] == [SKIPPED]
    assert "but so is one with the right credential" in results[0].reason
    with reference_client("energycap", writes=False) as client:
        assert [result.passed for result in run_check("EC-AUTH-016", client)] == [PASSED]


def test_key_in_a_query_is_tried_on_loopback_alone() -> None:
    with reference_client("energycap", ["ec-key-in-query"]) as client:
        client.target = replace(client.target, base_url="https://api.example")
        run_check("EC-AUTH-002", client)
        assert not any("ECI-ApiKey" in dict(e.request.query) for e in client.exchanges)
