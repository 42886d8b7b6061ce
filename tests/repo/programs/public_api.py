"""A user's program: what is public has the type that a user expects of it, and never Any."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import assert_type

import pytest

import conformance
import specs
from conformance import Effort, Result, Settings, Verdict
from mockserver.pytest_plugin import Server
from mockserver.testing import (
    ControlError,
    MockServer,
    MockVendor,
    VerificationError,
    open_vendor,
)


@pytest.mark.mock_vendor(scenario="fails", seed=7)
def test_export(mock_vendor: MockVendor, mock_server: Server) -> None:
    assert_type(mock_vendor.base_url, str)
    assert_type(mock_vendor.seed, int)
    assert_type(mock_vendor.ca_file, Path | None)
    assert_type(mock_vendor.credentials, Mapping[str, Mapping[str, str]])
    assert_type(mock_vendor.headers("talkdesk", "writer"), dict[str, str])
    assert_type(mock_vendor.clock.advance(minutes=1), datetime)
    assert_type(mock_vendor.clock.now(), datetime)
    for job in mock_vendor.jobs("talkdesk"):
        mock_vendor.outcome("talkdesk", str(job["id"]), "FAILED")
    mock_vendor.fault({"kind": "reset"}, match={"operation": "getReportJob"})
    assert_type(mock_server.control_url, str)
    with pytest.raises(VerificationError):
        mock_vendor.verify(operation="createReportJob", exactly=1)


def start() -> str:
    with MockServer(clock="manual") as mock, open_vendor(mock.base_url, seed=7) as vendor:
        assert_type(mock, MockServer)
        assert_type(vendor, MockVendor)
        assert_type(mock.ca_file, Path | None)
        try:
            vendor.reset()
        except ControlError as error:
            assert_type(error.status, int | None)
        return mock.control_url


def start_with_options() -> None:
    MockServer(vendors=["vendors"], fixtures="fixtures", control_token="mock-token", speed=60)
    MockServer(clock="manually")  # type: ignore[arg-type]
    MockServer(clocks="manual")  # type: ignore[call-arg]


def judge(base_url: str) -> list[str]:
    settings = Settings(effort=Effort.QUICK, seed=7)
    result = conformance.run("talkdesk", base_url, settings=settings, only=["TD-JOB-001"])
    assert_type(result, Result)
    assert_type(result.exit_code, int)
    return [row.requirement.id for row in result.requirements if row.verdict is Verdict.FAIL]


def contract() -> list[str]:
    found = specs.load("talkdesk", profile=specs.OBSERVED)
    assert_type(found, specs.Contract)
    assert_type(found.operations["getReportJob"].path, str)
    assert_type(found.lifecycle.wire_name("DONE"), str)
    return [requirement.id for requirement in found.requirements]
