"""The differences between the behaviour of two targets, as two results of runs show it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Any, Final

from conformance.drift.naming import RequirementNames
from conformance.evaluation.behaviour import GENERATED

# The probability of a difference between two samples of the same behaviour that is not reported.
SIGNIFICANCE: Final = 0.0005
# How often what was drawn at random has to be seen on each side.
LEAST_SAMPLES: Final = 4
# Durations in the target's time: the resolution of one poll and the time that requests take.
SLACK_SECONDS: Final = 1.0
SLACK_RATIO: Final = 0.05
JUDGED: Final = frozenset({"PASS", "WARN", "FAIL"})
_STATUS: Final = re.compile(r"\d{3}|no answer")
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


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], names: RequirementNames
) -> list[Difference]:
    """Return the differences between two results of the same vendor (`--report json`)."""
    return grouped(details(first, second, names))


def details(
    first: Mapping[str, Any], second: Mapping[str, Any], names: RequirementNames
) -> list[Difference]:
    """Return the differences one by one: each of one request, or of one status and state."""
    comparison = _Comparison(first, second, names)
    return [
        *comparison.verdicts(), *comparison.cases(), *comparison.responses(), *comparison.jobs()
    ]  # fmt: skip


def not_comparable(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the requirements that only one side's run could judge: no difference, no equality."""
    verdicts = [{row["id"]: row["verdict"] for row in r["requirements"]} for r in (first, second)]
    both = verdicts[0].keys() & verdicts[1].keys()
    return [id_ for id_ in sorted(both) if len({v[id_] in JUDGED for v in verdicts}) == 2]


def rates_differ(a: int, of_a: int, b: int, of_b: int, *, least: int = 1) -> bool:
    """Return True if `a` of `of_a` and `b` of `of_b` cannot come of the same behaviour.

    Always here and never there is enough, seen `least` times on each side. Where one side varies,
    Fisher's exact test decides.
    """
    if not of_a or not of_b or a * of_b == b * of_a:
        return False
    if {a / of_a, b / of_b} == {0.0, 1.0}:
        return min(of_a, of_b) >= least
    return _fisher(a, of_a, b, of_b) < SIGNIFICANCE


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


class _Comparison:
    def __init__(
        self, first: Mapping[str, Any], second: Mapping[str, Any], names: RequirementNames
    ) -> None:
        self._first, self._second = first, second
        self._names = names
        self._least = 1 if first["seed"] == second["seed"] else LEAST_SAMPLES
        self._sides = (first["behaviour"], second["behaviour"])

    def verdicts(self) -> Iterator[Difference]:
        """Yield the requirements that one side fulfils and the other does not."""
        others = {row["id"]: row for row in self._second["requirements"]}
        for row in self._first["requirements"]:
            other = others.get(row["id"])
            if other is None or not {row["verdict"], other["verdict"]} <= JUDGED:
                continue
            pair = (row, other)
            rates = [(r.get("failures", 0), r.get("checked", 0)) for r in pair]
            if row["verdict"] != other["verdict"] or rates_differ(*rates[0], *rates[1]):
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
            least = self._least if request.partition(";")[0] in GENERATED else 1
            if self._outcomes_differ(a, b, least):
                yield self._case(operation, request, a, b)

    def _outcomes_differ(self, a: Mapping[str, int], b: Mapping[str, int], least: int) -> bool:
        of_a, of_b = sum(a.values()), sum(b.values())
        if not a.keys() & b.keys():
            return min(of_a, of_b) >= least
        return any(
            rates_differ(a.get(o, 0), of_a, b.get(o, 0), of_b, least=least) for o in {*a, *b}
        )

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
            for kind, subject, a, b in (
                *self._headers(first[key], second[key]),
                *self._bodies(first[key], second[key]),
                *self._members(first[key], second[key]),
            ):
                place = _LABEL.sub("", subject)
                ids = self._names.of_response(operation, status, kind, place)
                yield Difference(kind, ids, operation, subject, a, b, (where,))

    def _headers(self, a: Any, b: Any) -> Iterator[tuple[str, str, str, str]]:
        of_a, of_b = a["responses"], b["responses"]
        for name in sorted({*a["headers"], *b["headers"]}):
            values = [side["headers"].get(name, {}) for side in (a, b)]
            counts = [sum(v.values()) for v in values]
            if rates_differ(counts[0], of_a, counts[1], of_b, least=self._least):
                yield "header", name, _rate(counts[0], of_a), _rate(counts[1], of_b)
            elif all(len(v) == 1 for v in values) and values[0].keys() != values[1].keys():
                texts = [next(iter(v)) for v in values]
                if all(texts) and min(counts) >= self._least:
                    yield "header value", name, *texts

    def _bodies(self, a: Any, b: Any) -> Iterator[tuple[str, str, str, str]]:
        if self._outcomes_differ(a["bodies"], b["bodies"], self._least):
            yield "body", "body", _outcomes(a["bodies"]), _outcomes(b["bodies"])

    def _members(self, a: Any, b: Any) -> Iterator[tuple[str, str, str, str]]:
        for place in sorted({*a["members"], *b["members"]}):
            parent, _, name = place.rpartition("/")
            nothing: dict[str, Any] = {"types": {}, "forms": {}}
            shapes = [side["members"].get(place, nothing) for side in (a, b)]
            counts = [sum(s["types"].values()) for s in shapes]
            if not name.startswith("*"):
                totals = [side["objects"].get(parent, 0) for side in (a, b)]
                rates = (counts[0], totals[0], counts[1], totals[1])
                if rates_differ(*rates, least=self._least):
                    yield (
                        "member",
                        place,
                        *(_rate(c, t) for c, t in zip(counts, totals, strict=True)),
                    )
                    continue
            if self._outcomes_differ(shapes[0]["types"], shapes[1]["types"], self._least):
                yield "type", place, _outcomes(shapes[0]["types"]), _outcomes(shapes[1]["types"])
            elif all(len(s["forms"]) == 1 for s in shapes) and min(counts) >= self._least:
                forms = [next(iter(s["forms"])) for s in shapes]
                if forms[0] != forms[1]:
                    kind = "value" if "'" in forms[0] + forms[1] else "format"
                    yield kind, place, *forms

    def jobs(self) -> Iterator[Difference]:
        """Yield differences in the order of states and in how long they last."""
        a, b = (side["jobs"] for side in self._sides)
        operation = self._names.poll_operation
        ids = self._names.of_lifecycle()
        if a["orders"] and b["orders"] and a["orders"].keys() != b["orders"].keys():
            least = 1 if a["watched"] and b["watched"] else LEAST_SAMPLES
            sure = a["watched"] and b["watched"]
            if sure or self._outcomes_differ(a["orders"], b["orders"], least):
                yield Difference(
                    "order", ids, operation, "states of a job",
                    _outcomes(a["orders"]), _outcomes(b["orders"]),
                )  # fmt: skip
        for state in sorted(a["seconds"].keys() & b["seconds"].keys()):
            one, other = a["seconds"][state], b["seconds"][state]
            if _apart(one, other):
                yield Difference("duration", ids, operation, state, _seconds(one), _seconds(other))


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


def grouped(found: Iterable[Difference]) -> list[Difference]:
    """Join what differs in the same way, in several requests or statuses."""
    groups: dict[tuple[str, ...], list[Difference]] = defaultdict(list)
    for difference in found:
        d = difference
        groups[d.kind, d.operation, d.subject, d.a, d.b].append(d)
    joined = [_joined(rows) for rows in groups.values()]
    return sorted(joined, key=_rank)


def _rank(difference: Difference) -> tuple[Any, ...]:
    """Verdicts come first, what is about whole jobs last."""
    d = difference
    is_about_jobs = d.kind in {"order", "duration"}
    return is_about_jobs, d.kind != "verdict", d.requirements, d.operation, d.kind


def _joined(rows: Sequence[Difference]) -> Difference:
    ids = dict.fromkeys(id_ for row in rows for id_ in row.requirements)
    where = dict.fromkeys(text for row in sorted(rows, key=lambda r: r.where) for text in row.where)
    return replace(rows[0], requirements=tuple(ids)[:4], where=tuple(where)[:3], count=len(rows))
