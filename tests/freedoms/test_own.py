"""The suite on vendors of three files: correct servers are not accused, each bug is found by its row."""

from pathlib import Path

import pytest

from conformance.evaluation import Result
from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from tests.freedoms.own import HOST, SERVERS

EXAMPLES = Path(__file__).parent.parent / "examples"
# Many freedoms at once, as far as they go together.
FREEDOMS = {
    "operations": (
        "",
        "opaque relative extra storage small",
        "foreign_403 no_retry slow_cancel gone no_metadata_more",
        "instant opaque",
    ),
    "exports": ("", "no_null clamped lost_pages foreign_403", "other_host", "instant octets"),
}
BUGS = [
    (vendor, bug, row) for vendor, server in SERVERS.items() for bug, row in server.BUGS.items()
]
NEED_GENERATED_DATA = {"crash"}


def judge(
    vendor: str, *options: str, only: tuple[str, ...] = (), effort: Effort = Effort.QUICK
) -> Result:
    """Judge an independent server in this process; the suite's waiting moves its time."""
    clock = SkippingClock()
    app = SERVERS[vendor](clock.now, *options)
    settings = Settings(effort=effort, only=frozenset(only))
    runner = create_runner(vendor, HOST, settings=settings, environment={}, vendors=[EXAMPLES])
    runner.clock = clock
    runner.fail_fast = bool(only)
    runner.adapter = lambda url, hosts: WsgiAdapter(app, url, *hosts)
    return runner.run()


def problems(result: Result) -> dict[str, str]:
    return {row.requirement.id: row.reason for row in result.problems}


@pytest.mark.parametrize(
    ("vendor", "options"),
    [(vendor, options) for vendor, rows in FREEDOMS.items() for options in rows],
)
def test_a_correct_server_is_not_accused(vendor: str, options: str) -> None:
    result = judge(vendor, *options.split())
    assert not problems(result)
    assert result.exit_code == 0
    assert result.judged_musts > 50


@pytest.mark.parametrize("vendor", SERVERS)
def test_generated_data_accuses_no_correct_server(vendor: str) -> None:
    assert not problems(judge(vendor, effort=Effort.DEFAULT))


@pytest.mark.parametrize(("vendor", "bug", "row"), BUGS)
def test_each_bug_is_found_by_the_row_that_the_contract_implies(
    vendor: str, bug: str, row: str
) -> None:
    id_ = f"{vendor.upper()}-AUTO-{row}"
    effort = Effort.DEFAULT if bug in NEED_GENERATED_DATA else Effort.QUICK
    result = judge(vendor, bug, only=(id_,), effort=effort)
    assert problems(result).keys() == {id_}
    assert result.exit_code == 1
