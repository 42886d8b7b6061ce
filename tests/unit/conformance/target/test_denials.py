"""Tests that the reason of a denied request names the key of the target file that allows it."""

from typing import Any

import pytest

import specs
from conformance.target import Consent, Target, no_credential
from conformance.target.safety import WritePolicy
from conformance.target.tracker import ResourceTracker

EXEC = "executeReportDistribution"
PATH = {"reportDistributionId": "1"}


def denial(query: Any = (), **target: Any) -> str:
    contract = specs.load("energycap", "documented")
    policy = WritePolicy(
        contract, Target("energycap", "https://x.example", **target), ResourceTracker(contract)
    )
    return policy.denial_reason(contract.operations[EXEC], PATH, query) or ""


def consents(query: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    return {"writes": True, "consent": {EXEC: Consent({"reportDistributionId": ("1",)}, query)}}


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({}, "`writes: true`"),
        ({"writes": True}, "`consent` for executeReportDistribution"),
        (consents({}), "any_query: true"),
        (consents({"overrideUserIds": ("7",)}), "any_query: true"),
    ],
)
def test_a_denial_names_the_key_that_lifts_it(target: dict[str, Any], key: str):
    assert key in denial(**target)


def test_a_query_without_consent_names_the_key_that_allows_every_query():
    reason = denial([("x", "1")], **consents({"overrideUserIds": ("7",)}))
    assert "`consent` for the query parameter 'x'" in reason
    assert "any_query: true" in reason


def test_a_role_without_credentials_is_named_as_in_the_file():
    assert no_credential("foreign") == "the target file has no `credentials` for the role 'foreign'"
