"""What verdicts mean, in the words of every report."""

import re

from conformance.evaluation.result import Result
from conformance.http.curl import shell_variables
from conformance.verdict import Verdict

RUN_LABELS = {
    Verdict.PASS: "conforms",
    Verdict.FAIL: "does not conform",
    Verdict.ERROR: "could not be judged",
}
"""Of a whole run."""

VERDICT_LABELS = {
    Verdict.FAIL: "breaks what the vendor's document promises",
    Verdict.ERROR: "could not be judged: the network or the suite failed",
    Verdict.WARN: "departs from a should, or from a weaker source",
    Verdict.SKIP: "not tried",
    Verdict.PASS: "kept",
}
"""Of a requirement."""


_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """Return `text` with a replacement for each character that XML 1.0 does not allow."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def reproduction_hint(result: Result) -> str:
    """Return what to do in a sentence or two; empty where nothing was found."""
    found = [row for row in result.requirements if row.verdict > Verdict.SKIP and row.exchanges]
    if not found:
        return ""
    named = sorted({name for row in found for e in row.exchanges for name in shell_variables(e)})
    secrets = f"In curl lines {' and '.join(named)} stand for your credentials. " if named else ""
    return (
        f"{secrets}`conformance replay RESULT.json` repeats the findings, each with what must come "
        "before it; --report json=RESULT.json writes that file."
    )
