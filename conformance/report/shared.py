"""Labels of verdicts, XML-safe text and the reproduction hint: what several reports share."""

import re
from types import MappingProxyType
from typing import Final

from conformance.evaluation.result import Result
from conformance.http.curl import shell_variables
from conformance.verdict import Verdict
from specs import Requirement

MAX_REASONS: Final = 5
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

_FORBIDDEN: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def headline(result: Result) -> str:
    """Return the verdict on the target in words, which never say more than what was judged."""
    n, m = result.judged_musts, result.musts
    if result.verdict is Verdict.FAIL:
        return "does not conform"
    if result.verdict is Verdict.SKIP:
        return "was not judged: nothing could be tried"
    if result.verdict is Verdict.ERROR:
        return "was judged only in part" if n else "could not be judged"
    return "conforms" if n == m else f"conforms in the {n} of {m} musts that were judged"


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
    line = f"{line}, {m - n} not, because: {'; '.join(reasons)}"
    return line if width is None or len(line) <= width else f"{line[: width - 1]}…"


def promises(result: Result, requirement: Requirement) -> list[str]:
    """Return where a requirement is promised: each statement, and the page that says it."""
    statements = [result.contract.statements[id_] for id_ in requirement.statements]
    if statements:
        return [f"{s.id}: {s.text} (document {s.page})" for s in statements]
    place = f"specs/{result.contract.vendor}/requirements.yaml"
    rest = f"`conformance explain {requirement.id}` has its source, {place} its row"
    return [requirement.implied or rest]


def xml_safe(text: str) -> str:
    """Return `text` with a replacement for each character that XML 1.0 does not allow."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def reproduction_hint(result: Result) -> str:
    """Return how to reproduce the problems of a result; empty where there is none."""
    exchanges = [exchange for row in result.problems for exchange in row.exchanges]
    if not exchanges:
        return ""
    names = sorted({name for exchange in exchanges for name in shell_variables(exchange)})
    secrets = (
        f"In curl commands {' and '.join(names)} stand for your credentials. " if names else ""
    )
    return (
        f"{secrets}`conformance replay RESULT.json` repeats the failures, each with its "
        "prerequisites; --report json=RESULT.json writes that file."
    )
