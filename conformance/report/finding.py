"""A problem of a result in words: what every report says of it, and what several reports share."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from types import MappingProxyType
from typing import Final

from conformance.checks import CheckKind, Verdict, load_checks
from conformance.contract_queries import places_of, shown_path
from conformance.evaluation import RequirementResult, Result
from conformance.http import Exchange
from conformance.report.exchange_text import (
    Excerpt,
    curl,
    excerpt,
    shell_variables,
    shortened,
    visible,
)
from specs import Contract, Requirement
from specs.files import ROOT

MAX_REASONS: Final = 5
MAX_BEFORE: Final = 6
# Of all musts, so many have to be judged before a result is said to conform in them.
ENOUGH: Final = 0.5
MAX_TARGET: Final = 44  # characters of a path and query
VERDICT_LABELS: Final = MappingProxyType(
    {
        Verdict.FAIL: "violates what the vendor's document promises",
        Verdict.ERROR: "could not be judged: the network or the suite failed",
        Verdict.WARN: "departs from a should, or from a weaker source",
        Verdict.SKIP: "not tested",
        Verdict.PASS: "satisfied",
    }
)
"""Verdicts of a requirement."""
SOURCE_LABELS: Final = MappingProxyType(
    {
        "documented": "the vendor's document",
        "vendor": "another page or a published client of the vendor",
        "observed": "no document, but public clients depend on it",
        "assumed": "no source",
    }
)
"""Who says what a requirement says, by its source."""


def headline(result: Result) -> str:
    """Return the verdict on the target in words, which never say more than what was judged."""
    n, m = result.judged_musts, result.musts
    if result.verdict is Verdict.FAIL:
        return "does not conform"
    if result.verdict is Verdict.SKIP:
        return "was not judged: nothing could be tried"
    if result.verdict is Verdict.ERROR:
        return "was judged only in part" if n else "could not be judged"
    if n == m:
        return "conforms"
    if n < m * ENOUGH:
        return f"was judged in only {n} of {m} musts, and fails none"
    return f"conforms in the {n} of {m} musts that were judged"


def judged_line(result: Result, width: int | None = None) -> str:
    """Return "n of m musts judged, k not, because …", in at most `width` characters."""
    n, m = result.judged_musts, result.musts
    line = f"{n} of {m} musts judged"
    if n == m:
        return line
    reasons = [f"{reason} ({count})" for reason, count in result.unjudged.items()]
    rest = len(reasons) - MAX_REASONS
    if rest > 0:
        others = sum(list(result.unjudged.values())[MAX_REASONS:])
        reasons[MAX_REASONS:] = [f"other reasons ({others})"]
    line = visible(f"{line}, {m - n} not, because: {'; '.join(reasons)}")
    return line if width is None or len(line) <= width else f"{line[: width - 1]}…"


def purposes_line(result: Result) -> str:
    """Return how many requests served what."""
    counts = result.coverage.purposes.items()
    return "Requests: " + ", ".join(f"{purpose} {count}" for purpose, count in counts)


def requirements_file(contract: Contract, requirement: Requirement | None = None) -> str:
    """Return the path of a vendor's requirements in the repository.

    For a user's own vendor it is the file with the row, or the one that implies it.
    """
    if not contract.own or contract.folder is None:
        return f"specs/{contract.vendor}/requirements.yaml"
    place = requirement.place if requirement is not None else None
    name = place.partition("#")[0] if place is not None else "requirements.yaml"
    return shown_path(contract.folder / name).as_posix()


def requirement_lines(contract: Contract) -> dict[str, int]:
    """Return the line of each requirement by id, from 1, in its file; none where there is none."""
    implied = places_of(contract, contract.requirements)
    folder = contract.folder or ROOT / contract.vendor
    file = folder / "requirements.yaml"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    rows = re.compile(r"\s*-\s+\{?\s*id:\s*[\"']?([\w-]+)")
    lines = enumerate(text.splitlines(), start=1)
    own = {match[1]: number for number, line in lines if (match := rows.match(line))}
    return own | {id_: line for id_, (_, line) in implied.items()}


def promises(result: Result, requirement: Requirement) -> list[str]:
    """Return what is promised, in our words, each with the document and the title of its page."""
    statements = [result.contract.statements[id_] for id_ in requirement.statements]
    promised = [f"{s.id}: {s.text} (document {s.page})" for s in statements]
    if requirement.implied:
        promised.append(f"It follows: {requirement.implied}")
    return promised or [f"{SOURCE_LABELS[requirement.source]}: {requirement.text}"]


@dataclass(frozen=True)
class Finding:
    """What a report says of one requirement with a problem; all texts are free of controls.

    `row` is the result, `line` that of its row in requirements.yaml (0 where that is unknown).
    """

    result: Result
    row: RequirementResult
    line: int = 0

    @property
    def id(self) -> str:
        """The requirement's id."""
        return self.row.requirement.id

    @property
    def text(self) -> str:
        """The requirement, in our words."""
        return self.row.requirement.text

    @property
    def reason(self) -> str:
        """What was seen, and how often."""
        row = self.row
        times = f" ({row.failures} of {row.checked} times)" if row.checked > 1 else ""
        return f"{visible(row.reason)}{times if row.failures else ''}"

    @property
    def place(self) -> str:
        """File and line of the requirement's row."""
        file = requirements_file(self.result.contract, self.row.requirement)
        return f"{file}:{self.line}" if self.line else file

    @property
    def operation(self) -> str:
        """Method, path and name of the operation; empty for a requirement of all operations."""
        name = self.row.requirement.operation
        if name is None:
            return ""
        operation = self.result.contract.operations[name]
        return f"{operation.method} {operation.path} ({name})"

    @property
    def source(self) -> str:
        """The requirement's source and level."""
        return f"{self.row.requirement.source}, {self.row.requirement.level}"

    @property
    def promises(self) -> list[str]:
        """What is promised, and where."""
        return promises(self.result, self.row.requirement)

    @property
    def shown(self) -> Exchange | None:
        """The exchange that shows it: the last of the evidence."""
        return self.row.exchanges[-1] if self.row.exchanges else None

    @cached_property
    def excerpt(self) -> Excerpt | None:
        """What was sent and seen, in at most 20 lines."""
        return excerpt(self.shown, self.row.reason, self.result.base_url) if self.shown else None

    @cached_property
    def before(self) -> tuple[str, ...]:
        """The requests that led to the one that shows it, or were under way beside it.

        One line each, the oldest first; equal ones in a row are one line.
        """
        shown = self.shown
        if shown is None:
            return ()
        earlier = {e.number: (e, "") for e in (*self.row.exchanges, *_steps(self.row))}
        named = {str(value) for e in self.row.exchanges for value in e.path_parameters.values()}
        for job in self.result.jobs:
            for exchange, state, _ in job.observations if job.id in named else ():
                is_its_own = job.id in exchange.path_parameters.values() or exchange == job.creation
                if exchange.number in earlier or (is_its_own and not self.is_in_one_request):
                    earlier[exchange.number] = (exchange, state)
        numbers = sorted(number for number in earlier if number < shown.number)
        lines = list(_grouped([earlier[number] for number in numbers]))
        hidden = len(lines) - MAX_BEFORE
        together = [f"at the same time: {visible(other)}" for other in shown.together]
        first = [f"… {hidden} earlier"] if hidden > 0 else []
        return (*first, *lines[-MAX_BEFORE:], *dict.fromkeys(together))

    @property
    def replay_command(self) -> str:
        """The command that repeats the finding with all that leads to it."""
        return f"{_replay(self.result.contract)} --id {self.id}"

    @property
    def needs_luck(self) -> bool:
        """True where requests were under way at the same time."""
        return any(exchange.together for exchange in self.row.exchanges)

    @property
    def is_in_one_request(self) -> bool:
        """True where the last request alone shows it, whatever came before."""
        check = self.row.requirement.check
        registered = load_checks().get(check.name) if check else None
        is_history = registered is not None and registered.kind is CheckKind.HISTORY
        return len(self.row.exchanges) == 1 and not is_history and not self.needs_luck

    @cached_property
    def again(self) -> str:
        """How to see it again, or that it needs time or luck."""
        steps = self.row.replay_steps
        if self.row.verdict is Verdict.ERROR:
            return "Run the suite again: nothing was seen that could be repeated."
        if self.needs_luck:
            return (
                "It needs luck: requests that are under way at the same time. "
                f"`{self.run_command}` tries again."
            )
        requests = f"{len(steps)} requests" if len(steps) > 1 else "request"
        replay = f"`{self.replay_command}` repeats the {requests} that led to it"
        states = self._awaited_states()
        time = f". It needs time: the job must become {' and '.join(states)} first" * bool(states)
        if not self.is_in_one_request:
            return f"No single request shows it. {replay}{time}."
        if states or len(steps) > 1:
            return f"{replay}{time}. The curl command shows it too, while what it names exists."
        return "The curl command shows it."

    def _awaited_states(self) -> list[str]:
        """Return the states in which a job must be before a request is repeated."""
        own = {o.exchange.number for job in self.result.jobs for o in job.observations}
        steps = [s for s in self.row.replay_steps if s.exchange.number not in own]
        if not self.is_in_one_request:
            steps = list(self.row.replay_steps[:-1])
        return [*dict.fromkeys(visible(s.waits_for[1]) for s in steps if s.waits_for)]

    @property
    def run_command(self) -> str:
        """The command that judges this requirement alone."""
        contract = self.result.contract
        return (
            f"conformance run {contract.vendor}{_vendors(contract)} --base-url "
            f"{visible(self.result.base_url)} --only {self.id} --seed {self.result.seed}"
        )

    @property
    def details(self) -> str:
        """All of it, as lines of plain text."""
        lines = [self.reason]
        if self.operation:
            lines.append(f"Operation: {self.operation}")
        lines += [f"Promised ({self.source}, {self.place}):", *self.promises]
        if self.before:
            lines += ["Before:", *self.before]
        if self.excerpt:
            folded = self.excerpt.folded
            more = [f"… {folded} more lines"] if folded else []
            lines += ["Sent:", *self.excerpt.sent, "Seen:", *self.excerpt.seen, *more]
        lines.append(f"Again: {self.again}")
        if self.shown and self.is_in_one_request:
            lines.append(visible(curl(self.shown)))
        return "\n".join(lines)


def findings(result: Result) -> list[Finding]:
    """Return the problems of a result, the worst first."""
    lines = requirement_lines(result.contract)
    return [Finding(result, row, lines.get(row.requirement.id, 0)) for row in result.problems]


def _steps(row: RequirementResult) -> Iterator[Exchange]:
    return (step.exchange for step in row.replay_steps)


def _grouped(exchanges: Sequence[tuple[Exchange, str]]) -> Iterator[str]:
    """Yield a line for each exchange with the state that it showed; equal ones in a row are one."""
    for text, group in groupby(exchanges, key=lambda pair: _line(*pair)):
        numbers = [exchange.number for exchange, _ in group]
        many = len(numbers) > 1
        yield f"#{numbers[0]} to #{numbers[-1]} {text}" if many else f"#{numbers[0]} {text}"


def _line(exchange: Exchange, state: str) -> str:
    request = exchange.request
    query = request.url.partition("?")[2]
    target = shortened(f"{request.path}?{query}" if query else request.path, MAX_TARGET)
    answer = exchange.failure if exchange.status is None else str(exchange.status)
    shown = f", {state}" if state else ""
    return visible(f"{request.method} {target} -> {answer}{shown}")


def _replay(contract: Contract) -> str:
    return f"conformance replay RESULT.json{_vendors(contract)}"


def _vendors(contract: Contract) -> str:
    """Return the option without which a user's own vendor is not known."""
    if not contract.own or contract.folder is None:
        return ""
    return f" --vendors {shown_path(contract.folder).as_posix()}"


def reproduction_hint(result: Result) -> str:
    """Return how to reproduce the problems of a result; empty where there is none."""
    exchanges = [exchange for row in result.problems for exchange in row.exchanges]
    if not exchanges:
        return ""
    names = sorted({name for exchange in exchanges for name in shell_variables(exchange)})
    verb = "stand" if len(names) > 1 else "stands"
    secrets = (
        f"In curl commands {' and '.join(names)} {verb} for your credentials. " if names else ""
    )
    return (
        f"{secrets}`{_replay(result.contract)}` repeats the failures, each with its "
        "prerequisites; --report json=RESULT.json writes that file."
    )
