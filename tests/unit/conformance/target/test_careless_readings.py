"""Ids that a careless server takes for those of existing things need a consent for these."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.target import Consent, Credential, Target
from conformance.target.safety import WritePolicy, careless_readings
from conformance.target.tracker import ResourceTracker
from tests.unit.conformance._cases import contract

# The largest ones are those of absent things.
IDS = st.integers(1, 2**31 - 9)


def misread(number: int) -> tuple[str, ...]:
    fullwidth = str(number).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    return (str(number + 2**32), f"-{number}", f"{number}x", f"{number}.5", fullwidth)


def policy(*ids: str) -> WritePolicy:
    vendor = contract("energycap")
    consent = {"executeReportDistribution": Consent({"reportDistributionId": ids}, {}, True)}
    target = Target("energycap", "http://h", writes=True, consent=consent)
    return WritePolicy(vendor, target, ResourceTracker(vendor))


def denial(owner: WritePolicy, value: str) -> str | None:
    operation = contract("energycap").operations["executeReportDistribution"]
    return owner.denial_reason(operation, {"reportDistributionId": value})


@given(IDS)
def test_each_careless_reading_is_known(number: int) -> None:
    for text in misread(number):
        assert str(number) in careless_readings(text)


@given(IDS)
def test_an_id_that_resembles_another_needs_its_consent(number: int) -> None:
    for text in misread(number):
        assert denial(policy(str(number)), text) is None
        assert denial(policy("1" if number != 1 else "2"), text) is not None


@given(st.uuids())
def test_an_id_that_only_begins_with_digits_is_still_an_id(value: UUID) -> None:
    vendor = contract("talkdesk")
    target = Target("talkdesk", "http://h", writes=True)
    owner = WritePolicy(vendor, target, ResourceTracker(vendor))
    operation = vendor.operations["deleteReportFile"]
    for text in (str(value), value.hex, "007", "-7", "7x"):
        assert owner.denial_reason(operation, {"type": "calls", "id": text}) is not None


@pytest.mark.parametrize("text", ["abc", "2147483648", "-", ""])
def test_a_text_that_resembles_no_id_needs_none(text: str) -> None:
    assert denial(policy("1"), text) is None


def test_no_token_is_asked_for_without_a_client_and_leave_to_write() -> None:
    vendor = contract("talkdesk")
    client = Credential("primary", "$T", client_id="an-id", client_secret="a-secret")
    token = Credential("primary", "$T", token="a-token-of-a-test")

    def reason(credential: Credential, *, writes: bool) -> str | None:
        target = Target("talkdesk", "http://h", writes=writes, credentials={"primary": credential})
        owner = WritePolicy(vendor, target, ResourceTracker(vendor))
        return owner.denial_reason(vendor.operations["createToken"], {})

    assert reason(client, writes=True) is None
    assert reason(client, writes=False) is not None
    assert reason(token, writes=True) is not None
