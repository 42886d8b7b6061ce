"""The differences between the behaviour of two targets, as two results of runs show it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from math import comb
from typing import Any, Final

from conformance.drift.naming import RequirementNames
from conformance.evaluation.behaviour import GENERATED, NOW_AND_THEN

# The probability of a difference between two samples of the same behaviour that is not reported.
SIGNIFICANCE: Final = 0.0005
# How often what was drawn at random has to be seen on each side.
LEAST_SAMPLES: Final = 4
# Durations in the target's time: the resolution of one poll and the time that requests take.
SLACK_SECONDS: Final = 1.0
SLACK_RATIO: Final = 0.05
JUDGED: Final = frozenset({"PASS", "WARN", "FAIL"})
# Two runs have asked for the same if so much of their requests of an operation is alike.
ALIKE: Final = 0.75
_STATUS: Final = re.compile(r"\d{3}")
_LABEL: Final = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Difference:
    """One stable difference.

    `kind` is what differs (`status`, `member`, `duration`, …), `subject` what it is about, `a` and
    `b` what each side does, with numbers where that varies. `where` are examples of the requests,
    or of the responses by status; `count` is how many there are.
    """

    kind: str
    requirements: tuple[str, ...]
    operation: str
    subject: str
    a: str
    b: str
    where: tuple[str, ...] = ()
    count: int = 1

    @property
    def key(self) -> str:
        """What identifies it in a baseline."""
        return f"{self.kind} {self.operation} {self.subject}: {self.a} / {self.b}"


def details(
    first: Mapping[str, Any], second: Mapping[str, Any], names: RequirementNames
) -> list[Difference]:
    """Return the differences of two results (`--report json`), each of one request or status."""
    comparison = _Comparison(first, second, names)
    return [
        *comparison.verdicts(), *comparison.cases(), *comparison.responses(), *comparison.jobs()
    ]  # fmt: skip


def rates_differ(
    a: int, of_a: int, b: int, of_b: int, *, least: int = 1, alike: bool = True
) -> bool:
    """Return True if `a` of `of_a` and `b` of `of_b` cannot come of the same behaviour.

    Always here and never there is enough, seen `least` times on each side. Where one side varies,
    Fisher's exact test decides; unless both sides were asked for different things (not `alike`).
    """
    if not of_a or not of_b or a * of_b == b * of_a:
        return False
    if {a / of_a, b / of_b} == {0.0, 1.0}:
        return min(of_a, of_b) >= least
    return alike and _fisher(a, of_a, b, of_b) < SIGNIFICANCE


def _fisher(a: int, of_a: int, b: int, of_b: int) -> float:
    """Return the two-sided probability of a table at least as unlikely as this one."""
    hits, total = a + b, of_a + of_b
    ways = comb(total, hits)

    def probability(count: int) -> float:
        return comb(of_a, count) * comb(of_b, hits - count) / ways

    observed = probability(a) * (1 + 1e-9)
    counts = range(max(0, hits - of_b), min(of_a, hits) + 1)
    return sum(p for p in map(probability, counts) if p <= observed)


def _rate(count: int, total: int) -> str:
    if count == total:
        return "always"
    return "never" if not count else f"{count} of {total}"


def _outcomes_differ(
    a: Mapping[str, int], b: Mapping[str, int], least: int, *, alike: bool = True
) -> bool:
    of_a, of_b = sum(a.values()), sum(b.values())
    if not a.keys() & b.keys():
        return min(of_a, of_b) >= least
    return any(
        rates_differ(a.get(o, 0), of_a, b.get(o, 0), of_b, least=least, alike=alike)
        for o in {*a, *b}
    )


def _unlike(first: Mapping[str, Any], second: Mapping[str, Any]) -> frozenset[str]:
    """Return the operations, and "" for all, of which the two sides were asked for other things.

    That decides what most bodies have. Steps and roles count: the rest may be what drifted.
    """
    requests: dict[str, tuple[Counter[Any], ...]] = defaultdict(lambda: (Counter(), Counter()))
    for index, side in enumerate((first, second)):
        for case in (row for row in side["cases"] if row["request"] != NOW_AND_THEN):
            key = (case["operation"], *case["request"].split("; ")[:2])
            for operation in (case["operation"], ""):
                requests[operation][index][key] += sum(case["outcomes"].values())
    return frozenset(
        operation
        for operation, (a, b) in requests.items()
        if 2 * (a & b).total() < ALIKE * (a.total() + b.total())
    )


class _Comparison:
    def __init__(
        self, first: Mapping[str, Any], second: Mapping[str, Any], names: RequirementNames
    ) -> None:
        self._first, self._second = first, second
        self._names = names
        self._same_seed = first["seed"] == second["seed"]
        self._sides = (first["behaviour"], second["behaviour"])
        self._unlike = _unlike(*self._sides)

    def verdicts(self) -> Iterator[Difference]:
        """Yield the requirements that one side fulfils and the other does not."""
        others = {row["id"]: row for row in self._second["requirements"]}
        for row in self._first["requirements"]:
            other = others.get(row["id"])
            if other is None or not {row["verdict"], other["verdict"]} <= JUDGED:
                continue
            pair = (row, other)
            rates = [(r.get("failures", 0), r.get("checked", 0)) for r in pair]
            # What fails now and then fails by chance where other requests are sent.
            sometimes = any(0 < failures < checked for failures, checked in rates)
            alike = self._same_seed and (row["operation"] or "") not in self._unlike
            flips = row["verdict"] != other["verdict"] and (alike or not sometimes)
            if flips or rates_differ(*rates[0], *rates[1]):
                a, b = (
                    f"{r['verdict']}, fails {_rate(*rate)}" if rate[0] else r["verdict"]
                    for r, rate in zip(pair, rates, strict=True)
                )
                reason = next((r["reason"] for r in pair if r["verdict"] != "PASS"), "")
                yield Difference(
                    "verdict", (row["id"],), row["operation"] or "", row["text"], a, b, (reason,)
                )

    def cases(self) -> Iterator[Difference]:
        """Yield the requests that are answered otherwise: by status, code or state."""
        first, second = (
            {(c["operation"], c["request"]): c["outcomes"] for c in side["cases"]}
            for side in self._sides
        )
        for key in first.keys() & second.keys():
            operation, request = key
            a, b = first[key], second[key]
            is_generated = request.partition(";")[0] in GENERATED
            alike = operation not in self._unlike
            least = LEAST_SAMPLES if is_generated and not (self._same_seed and alike) else 1
            if _outcomes_differ(a, b, least, alike=alike or request == NOW_AND_THEN):
                yield self._case(operation, request, a, b)

    def _case(
        self, operation: str, request: str, a: Mapping[str, int], b: Mapping[str, int]
    ) -> Difference:
        statuses = [{(_STATUS.match(o) or [o])[0] for o in side} for side in (a, b)]
        kind = "status" if statuses[0] != statuses[1] else "error code"
        if request.endswith("; the end of the job"):
            kind = "end"
        elif kind == "error code" and all("state=" in outcome for outcome in {*a, *b}):
            kind = "state"
        step = request.partition(";")[0]
        ids = self._names.of_outcome(operation, step, sorted(statuses[0] ^ statuses[1]))
        return Difference(kind, ids, operation, "", _outcomes(a), _outcomes(b), (request,))

    def responses(self) -> Iterator[Difference]:
        """Yield differences in headers and bodies of responses with the same status."""
        first, second = (
            {(r["operation"], r["status"], r["state"]): r for r in side["responses"]}
            for side in self._sides
        )
        for key in sorted(first.keys() & second.keys()):
            operation, status, state = key
            where = f"{status} {state}".strip()
            alike = operation not in self._unlike
            least = 1 if self._same_seed and alike else LEAST_SAMPLES
            shapes = _Shapes(first[key], second[key], least, alike)
            for kind, subject, a, b in shapes.differences():
                place = _LABEL.sub("", subject)
                ids = self._names.of_response(operation, status, kind, place)
                yield Difference(kind, ids, operation, subject, a, b, (where,))

    def jobs(self) -> Iterator[Difference]:
        """Yield differences in the order of states and in how long they last."""
        a, b = (side["jobs"] for side in self._sides)
        operation = self._names.poll_operation
        ids = self._names.of_lifecycle()
        if a["orders"] and b["orders"] and a["orders"].keys() != b["orders"].keys():
            missed = any(_is_missed(*pair) for pair in product(a["orders"], b["orders"]))
            differ = not missed and _outcomes_differ(a["orders"], b["orders"], LEAST_SAMPLES)
            if differ or (a["watched"] and b["watched"]):
                yield Difference(
                    "order", ids, operation, "states of a job",
                    _outcomes(a["orders"]), _outcomes(b["orders"]),
                )  # fmt: skip
        for state in sorted(a["seconds"].keys() & b["seconds"].keys()):
            one, other = a["seconds"][state], b["seconds"][state]
            if _apart(one, other):
                yield Difference("duration", ids, operation, state, _seconds(one), _seconds(other))


@dataclass(frozen=True, slots=True)
class _Shapes:
    """The shapes of one operation's responses with one status; `least` as in `rates_differ`."""

    a: Any
    b: Any
    least: int
    alike: bool

    def differences(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield kind, subject, and what each side does."""
        return chain(self._headers(), self._bodies(), self._members())

    def _headers(self) -> Iterator[tuple[str, str, str, str]]:
        a, b = self.a, self.b
        of_a, of_b = a["responses"], b["responses"]
        for name in sorted({*a["headers"], *b["headers"]}):
            values = [side["headers"].get(name, {}) for side in (a, b)]
            counts = [sum(v.values()) for v in values]
            if rates_differ(counts[0], of_a, counts[1], of_b, least=self.least, alike=self.alike):
                yield "header", name, _rate(counts[0], of_a), _rate(counts[1], of_b)
            elif all(len(v) == 1 for v in values) and values[0].keys() != values[1].keys():
                texts = [next(iter(v)) for v in values]
                if all(texts) and min(counts) >= self.least:
                    yield "header value", name, *texts

    def _bodies(self) -> Iterator[tuple[str, str, str, str]]:
        a, b = self.a, self.b
        if _outcomes_differ(a["bodies"], b["bodies"], self.least, alike=self.alike):
            yield "body", "body", _outcomes(a["bodies"]), _outcomes(b["bodies"])

    def _members(self) -> Iterator[tuple[str, str, str, str]]:
        a, b = self.a, self.b
        for place in sorted({*a["members"], *b["members"]}):
            parent, _, name = place.rpartition("/")
            nothing: dict[str, Any] = {"types": {}, "forms": {}}
            shapes = [side["members"].get(place, nothing) for side in (a, b)]
            counts = [sum(s["types"].values()) for s in shapes]
            if not name.startswith("*"):
                totals = [side["objects"].get(parent, 0) for side in (a, b)]
                rates = (counts[0], totals[0], counts[1], totals[1])
                if rates_differ(*rates, least=self.least, alike=self.alike):
                    yield "member", place, *map(_rate, counts, totals)
                    continue
            types = [shape["types"] for shape in shapes]
            if _outcomes_differ(types[0], types[1], self.least, alike=self.alike):
                yield "type", place, *map(_outcomes, types)
            elif all(len(s["forms"]) == 1 for s in shapes) and min(counts) >= self.least:
                forms = [next(iter(s["forms"])) for s in shapes]
                if forms[0] != forms[1]:
                    kind = "value" if "'" in forms[0] + forms[1] else "format"
                    yield kind, place, *forms


def _is_missed(way: str, other: str) -> bool:
    """Return whether two orders of states differ only in some that rare looks may have missed."""
    few, many = sorted((way.split(" > "), other.split(" > ")), key=len)
    rest = iter(many)
    return all(state in rest for state in few)


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    slack = SLACK_SECONDS + SLACK_RATIO * min(one["most"], other["most"])
    return bool(one["most"] + slack < other["least"] or other["most"] + slack < one["least"])


def _seconds(row: Mapping[str, Any]) -> str:
    jobs = f"{row['jobs']} job{'s' if row['jobs'] > 1 else ''}"
    varies = ", varies" if row["varies"] else ""
    return f"{row['least']:.0f} to {row['most']:.0f} s ({jobs}{varies})"


def _outcomes(counts: Mapping[str, int]) -> str:
    """Return what was seen, with numbers where it varies."""
    if len(counts) == 1:
        return next(iter(counts))
    total = sum(counts.values())
    return ", ".join(f"{name} ({count} of {total})" for name, count in sorted(counts.items()))
