"""A missing system program is never a silent skip: the summary names it, and CI fails."""

import os
from typing import NoReturn

import pytest
from _pytest.terminal import TerminalReporter

CI_VARIABLE = "REPORT_CONTRACTS_CI"
"""Set to `1` by `.ci/run`, where everything must be tested."""

PREFIX = "NOT TESTED HERE: "


def missing(program: str, way_out: str) -> NoReturn:
    """Skip the test that needs `program`, loudly; fail it where CI_VARIABLE is `1`."""
    reason = f"{PREFIX}{program} is missing ({way_out})"
    if os.environ.get(CI_VARIABLE) == "1":
        pytest.fail(f"{reason}, and {CI_VARIABLE}=1 forbids to skip", pytrace=False)
    pytest.skip(reason)


def summarise(reporter: TerminalReporter) -> None:
    """Write a section that names each missing program and how many tests it cost."""
    lost: dict[str, int] = {}
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _, found, detail = reason.partition(PREFIX)
        if found:
            lost[detail] = lost.get(detail, 0) + 1
    if not lost:
        return
    reporter.section("NOT TESTED HERE", sep="!", red=True, bold=True)
    for detail, count in sorted(lost.items()):
        reporter.line(f"{PREFIX}{count} test(s): {detail}", red=True)
