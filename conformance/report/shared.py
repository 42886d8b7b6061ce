"""Labels of verdicts, XML-safe text and the reproduction hint: what several reports share."""

import re
from types import MappingProxyType
from typing import Final

from conformance.evaluation.result import Result
from conformance.http.curl import shell_variables
from conformance.verdict import Verdict

RUN_LABELS: Final = MappingProxyType(
    {
        Verdict.PASS: "conforms",
        Verdict.FAIL: "does not conform",
        Verdict.ERROR: "could not be judged",
    }
)
"""Verdicts of a whole run."""

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
