"""The result as an HTML page, with the jobs of the run as rows of coloured bars."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from conformance.checks import WORST_FIRST, Verdict
from conformance.evaluation import RequirementResult, Result
from conformance.evaluation.coverage import transitions_of
from conformance.report.exchange_text import MARK, curl, visible
from conformance.report.finding import (
    SOURCE_LABELS,
    VERDICT_LABELS,
    findings,
    headline,
    judged_line,
    reproduction_hint,
)
from conformance.report.json_report import exchange_to_json
from conformance.target.tracker import JobHistory, state_label
from specs import Lifecycle, State, Statement

MAX_JOBS = 14
LEFT = 190
WIDTH = 900
ROW = 22
# Indices of colours in page.css: active states, states with a file, final ones without, unknown.
COLOURS = {"active": (0, 1, 2), "file": (3, 7), "final": (4, 5, 8)}
UNKNOWN = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in one state; `x` and `width` in the chart's units, `colour` an index."""

    x: float
    width: float
    colour: int
    state: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Line:
    """One job: its name and its bars, `y` from the top."""

    name: str
    y: int
    bars: tuple[Bar, ...]
    dots: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole chart; `legend` has the index of each state's colour."""

    lines: tuple[Line, ...]
    legend: dict[str, int]
    more: int

    @property
    def height(self) -> int:
        """The chart's height."""
        return ROW * (len(self.lines) + 1)


def build_timeline(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> Timeline:
    """Return the chart of the jobs with most transitions; its time is in exchanges, not seconds."""
    observed = [job for job in jobs if job.observations]
    shown = sorted(observed, key=_least_transitions)[:MAX_JOBS]
    shown.sort(key=lambda job: job.observations[0].exchange.number)
    numbers = sorted({o.exchange.number for job in shown for o in job.observations})
    step = (WIDTH - LEFT - 10) / max(1, len(numbers))
    places = {number: LEFT + step * index for index, number in enumerate(numbers)}
    legend = _legend(lifecycle, shown)
    lines = tuple(
        Line(
            _name(job),
            ROW * (row + 1),
            _bars(job, places, step, legend),
            tuple(places[o.exchange.number] + step / 2 for o in job.observations),
        )
        for row, job in enumerate(shown)
    )
    return Timeline(lines, legend, len(observed) - len(shown))


def _least_transitions(job: JobHistory) -> tuple[int, int]:
    return (-len(list(transitions_of(job))), -len(job.observations))


def _name(job: JobHistory) -> str:
    short = job.id if len(job.id) <= 12 else f"{job.id[:8]}…"
    return f"{job.scope} {short}".strip()


def _legend(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> dict[str, int]:
    """Assign a colour to each state: the first unused one of its kind."""
    unused = {kind: list(colours) for kind, colours in COLOURS.items()}
    legend: dict[str, int] = {}
    for state in lifecycle.states.values():
        label = state_label(lifecycle, {state.name})
        if label not in legend:
            colours = unused[_kind(lifecycle, state)]
            legend[label] = colours.pop(0) if len(colours) > 1 else colours[0]
    for job in jobs:
        for observation in job.observations:
            legend.setdefault(observation.state, UNKNOWN)
    return legend


def _kind(lifecycle: Lifecycle, state: State) -> str:
    if state.file:
        return "file"
    active = any(edge.start == state.name and edge.by == "time" for edge in lifecycle.edges)
    return "active" if active else "final"


def _bars(
    job: JobHistory, places: dict[int, float], step: float, legend: dict[str, int]
) -> tuple[Bar, ...]:
    stretches: list[tuple[str, int, int]] = []
    for exchange, state, _ in job.observations:
        number = exchange.number
        if stretches and stretches[-1][0] == state:
            stretches[-1] = (state, stretches[-1][1], number)
        else:
            stretches.append((state, number, number))
    ends = [places[after[1]] for _, after in pairwise(stretches)]
    ends.append(places[stretches[-1][2]] + step)
    return tuple(
        Bar(places[first], end - places[first], legend[state], state, first, last)
        for (state, first, last), end in zip(stretches, ends, strict=True)
    )


_TICKS: Final = re.compile("`([^`]+)`")


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A statement with its requirements; `verdict` is the worst of those that were judged."""

    statement: Statement
    rows: tuple[RequirementResult, ...]
    verdict: Verdict


def traceability_matrix(result: Result) -> tuple[TraceRow, ...]:
    """Return a row for each statement, in the order of the documents."""
    matrix = []
    for statement in result.contract.statements.values():
        rows = tuple(r for r in result.requirements if statement.id in r.requirement.statements)
        judged = [row.verdict for row in rows if row.verdict is not Verdict.SKIP]
        worst = max(judged, key=lambda verdict: verdict.rank, default=Verdict.SKIP)
        matrix.append(TraceRow(statement, rows, worst))
    return tuple(matrix)


def render(result: Result) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("conformance.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "curl": curl,
        "ticks": _ticks,
        "exchange_to_json": exchange_to_json,
    }
    return visible(environment.get_template("page.html.j2").render(**_content(result)))


def _content(result: Result) -> dict[str, Any]:
    return {
        "result": result,
        "contract": result.contract,
        "label": headline(result),
        "judged": judged_line(result),
        "verdicts": WORST_FIRST,
        "verdict_labels": VERDICT_LABELS,
        "hint": reproduction_hint(result),
        "matrix": traceability_matrix(result),
        "timeline": build_timeline(result.contract.lifecycle, result.jobs),
        "source_labels": SOURCE_LABELS,
        "findings": findings(result),
        "mark": MARK,
    }


def _ticks(text: str) -> Markup:
    """Mark text in backticks as code."""
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(text))))
