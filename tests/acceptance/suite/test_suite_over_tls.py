"""The suite judges a target that speaks TLS, and trusts the authority that it is given."""

import ssl

import pytest

import conformance
from conformance.checks import Verdict
from conformance.errors import TargetUnavailable
from conformance.settings import Settings
from mockserver.testing import MockServer

TLS = "TD-NET-001"


def test_mock_is_judged_over_tls() -> None:
    with MockServer(tls="self-signed") as mock:
        settings = Settings(ca_bundle=str(mock.ca_file))
        result = conformance.run(
            "talkdesk",
            mock.base_url,
            control_url=mock.control_url,
            settings=settings,
            only=(TLS,),
        )
        with pytest.raises(TargetUnavailable, match="--ca-bundle"):
            conformance.run("talkdesk", mock.base_url, only=(TLS,))
    (row,) = (row for row in result.requirements if row.requirement.id == TLS)
    assert row.verdict is (Verdict.PASS if ssl.HAS_TLSv1_1 else Verdict.SKIP)
