"""A session that passed the proxy, served again by the mock: the suite gives the same verdicts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.checks import load_checks
from conformance.drift import compare_results
from conformance.drift.journal import Journal
from conformance.drift.proxy import Passage, ProxyApp
from conformance.drift.recording import write_recording
from conformance.report.json_report import to_data
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from mockserver.testing import MockServer
from tests.unit.conformance._cases import contract
from tests.unit.conformance.drift._upstream import proxy_in_thread

# No timeline of a lifecycle.yaml is like these.
PLANS = {
    "talkdesk": [("CREATED", "PT2M"), ("PROCESSING", "PT7S"), ("DONE", None)],
    "clinicalone": [("WAITING", "PT3S"), ("RUNNING", "PT4M"), ("SUCCEEDED", None)],
    "energycap": [("IN_PROGRESS", "PT40S"), ("SOME_NOT_SENT", None)],
}


class VirtualJournal(Journal):
    """A journal that takes the time of each exchange from the mock's response, which is virtual."""

    def record(self, passage: Passage) -> None:
        date = next(value for name, value in passage.response_headers if name.lower() == b"date")
        passage.started, passage.seconds = parsedate_to_datetime(date.decode()).timestamp(), 0.0
        super().record(passage)


@contextmanager
def recorded(vendor: str, mock: MockServer, folder: Path) -> Iterator[str]:
    """Serve a proxy before a mock; yields its URL, and writes the scenario at the end."""
    journal = VirtualJournal(contract(vendor), load_checks(), mock.base_url, None)
    try:
        with proxy_in_thread(
            ProxyApp(mock.base_url, journal, timeout=20, ca_bundle=None)
        ) as base_url:
            yield base_url
    finally:
        journal.close()
    began = datetime.fromtimestamp(min(journal.seconds.values()), UTC)
    write_recording(journal, folder, "recorded", began)


def unusual(vendor: str, folder: Path) -> Path:
    """Return a folder with a scenario in which jobs take other times than usual."""
    stages = [{"state": s, **({"lasts": t} if t else {})} for s, t in PLANS[vendor]]
    content = {"vendor": vendor, "summary": "Unusual.", "jobs": [{"plan": stages}]}
    path = folder / vendor / "unusual.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def result_of(vendor: str, base_url: str, control_url: str) -> Mapping[str, Any]:
    runner = create_runner(
        vendor,
        base_url,
        control_url=control_url,
        settings=Settings(effort=Effort.QUICK),
        environment={},
    )
    return to_data(runner.run())


def verdicts(result: Mapping[str, Any]) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in result["requirements"]}


@pytest.mark.parametrize("vendor", PLANS)
def test_suite_gives_the_same_verdicts_on_what_was_recorded(tmp_path: Path, vendor: str) -> None:
    folder = tmp_path / "recorded"
    scenarios = unusual(vendor, tmp_path / "unusual")
    with (
        MockServer(
            scenarios=scenarios, scenario="unusual", clock="manual", date_header="virtual"
        ) as mock,
        recorded(vendor, mock, folder) as base_url,
    ):
        original = result_of(vendor, base_url, mock.control_url)
    with MockServer(scenarios=folder, scenario="recorded", clock="manual") as mock:
        again = result_of(vendor, mock.base_url, mock.control_url)
    assert verdicts(again) == verdicts(original)
    assert list(verdicts(again).values()).count("PASS") > 20
    found = compare_results(original, again).differences
    assert not [d for d in found if d.kind in {"duration", "order", "end", "verdict"}], found
