"""The client credentials grant as requests-oauthlib speaks it, against Talkdesk's tokens."""

from collections.abc import Callable
from typing import Any

import pytest

from tests._serving import Served
from tests.clients._environments import Environments
from tests.clients._run import run
from tests.clients._sandbox import Sandbox, new_sandbox

pytestmark = pytest.mark.slow

RETRIED = "/data/reports/ring_attempts/jobs"
BUSY = {"kind": "server-error", "status": 503, "retry_after": 1}


@pytest.fixture(scope="module")
def sandbox(served: Callable[[str], Served]) -> Sandbox:
    return new_sandbox(
        served("documented"), [{"match": {"path": RETRIED}, "fault": BUSY, "times": 1}]
    )


@pytest.fixture(scope="module")
def results(sandbox: Sandbox, environments: Environments) -> dict[str, Any]:
    known = sandbox.credentials["talkdesk"]
    return run(
        [str(environments.python("requests-oauthlib"))],
        "oauth_session.py",
        sandbox.served.base_url,
        known["client-id"],
        known["client-secret"],
        OAUTHLIB_INSECURE_TRANSPORT="1",
    )


def test_a_token_is_fetched_and_used(results: dict[str, Any]) -> None:
    assert results["job"] == {
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": ["data-reports:read", "data-reports:write"],
        "status": 202,
        "name": "Anrufe März, 日本 🚀",
    }


def test_a_scope_that_is_asked_for_is_all_that_a_token_has(results: dict[str, Any]) -> None:
    assert results["narrowed"] == {"scope": ["data-reports:read"], "list": 200, "create": 403}


def test_a_wrong_secret_is_an_error_that_the_library_knows(results: dict[str, Any]) -> None:
    assert results["refused"] == "invalid_client"


def test_an_expired_token_is_refused_and_a_new_one_is_good(results: dict[str, Any]) -> None:
    assert results["expired"] == [401, 200]


def test_a_client_waits_as_told_and_tries_again(results: dict[str, Any], sandbox: Sandbox) -> None:
    assert results["retried"] == 200
    assert [row["status"] for row in sandbox.journal() if row["path"] == RETRIED] == [503, 200]
