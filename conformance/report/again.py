"""How a reader sees the findings again."""

from conformance.outcome import Verdict
from conformance.traffic.curl import variables
from conformance.verdicts.result import Result


def how(result: Result) -> str:
    """Return what to do in a sentence or two; empty where nothing was found."""
    found = [row for row in result.rows if row.verdict > Verdict.SKIP and row.exchanges]
    if not found:
        return ""
    named = sorted({name for row in found for e in row.exchanges for name in variables(e)})
    secrets = f"In curl lines {' and '.join(named)} stand for your credentials. " if named else ""
    return (
        f"{secrets}`conformance replay RESULT.json` repeats the findings, each with what must come "
        "before it; --report json=RESULT.json writes that file."
    )
