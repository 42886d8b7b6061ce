"""The result as Markdown, for a comment on a pull request or the summary of a CI job."""

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from conformance.checks import WORST_FIRST, Verdict
from conformance.evaluation import Result
from conformance.report.exchange_text import curl, shortened, visible
from conformance.report.finding import (
    Finding,
    findings,
    headline,
    judged_line,
    purposes_line,
    reproduction_hint,
)

SIGNS: Final = MappingProxyType(
    {
        Verdict.FAIL: "❌",
        Verdict.ERROR: "💥",
        Verdict.WARN: "⚠️",
        Verdict.SKIP: "⏭️",
        Verdict.PASS: "✅",
    }
)
MAX_SHOWN: Final = 30
MAX_CURL: Final = 4000  # characters


def render(result: Result) -> str:
    """Return the result as GitHub-flavoured Markdown."""
    return visible("\n".join(_lines(result)) + "\n")


def _lines(result: Result) -> Iterator[str]:
    contract = f"{result.contract.vendor} ({result.contract.profile})"
    yield f"## {SIGNS[result.verdict]} {contract} {headline(result)}"
    yield ""
    yield "| " + " | ".join(f"{SIGNS[v]} {v}" for v in WORST_FIRST) + " |"
    yield "|" + " ---: |" * len(Verdict)
    counts = result.counts
    yield "| " + " | ".join(str(counts[v]) for v in WORST_FIRST) + " |"
    yield ""
    problems = findings(result)
    if problems:
        yield "| | requirement | problem | promised |"
        yield "| --- | --- | --- | --- |"
        for finding in problems[:MAX_SHOWN]:
            yield _row(finding)
        yield ""
    if len(problems) > MAX_SHOWN:
        yield f"… and {len(problems) - MAX_SHOWN} more."
    for finding in problems[:MAX_SHOWN]:
        yield from _details(finding)
    if hint := reproduction_hint(result):
        yield f"{hint}\n"
    for note in result.notes:
        yield f"> {_inline(note)}"
    cost = f"seed {result.seed}, {result.requests} requests, {result.duration:.1f} s"
    yield f"<sub>{cost}. {_inline(purposes_line(result))}</sub>"
    yield ""
    yield _inline(judged_line(result))


def _row(finding: Finding) -> str:
    cells = [
        SIGNS[finding.row.verdict],
        f"**{finding.id}** {_inline(finding.text)}",
        _inline(finding.reason),
        _inline(f"{finding.source}: {'; '.join(finding.promises)}"),
    ]
    return f"| {' | '.join(cells)} |"


def _inline(text: str) -> str:
    """Return `text` on one line, without meaning for Markdown; it mentions nobody."""
    one_line = " ".join(visible(text).split())
    for sign in "\\|<>*_`[]~":
        one_line = one_line.replace(sign, f"\\{sign}")
    return one_line.replace("@", "@\N{ZERO WIDTH SPACE}")


def _details(finding: Finding) -> Iterator[str]:
    yield (
        f"<details><summary>{finding.row.verdict} {finding.id}: where it is promised, what was "
        "sent and seen, how to see it again</summary>"
    )
    yield ""
    if finding.operation:
        yield f"**Operation** {_inline(finding.operation)}\n"
    yield f"**Promised** {_inline(f'{finding.source}, {finding.place}')}\n"
    yield from (f"- {_prose(promise)}" for promise in finding.promises)
    yield ""
    if finding.before:
        yield "**Before**\n"
        yield from _fenced(finding.before)
    if excerpt := finding.excerpt:
        yield "**Sent**\n"
        yield from _fenced(excerpt.sent, "http")
        yield "**Seen**\n"
        more = [f"… {excerpt.folded} more lines"] if excerpt.folded else []
        yield from _fenced([*excerpt.seen, *more])
    yield f"**Again** {_prose(finding.again)}\n"
    if finding.shown and finding.is_in_one_request:
        yield from _fenced([shortened(curl(finding.shown), MAX_CURL)], "sh")
    yield "</details>"
    yield ""


def _prose(text: str) -> str:
    """Return a sentence of ours, whose commands are in backticks."""
    parts = enumerate(text.split("`"))
    return "".join(f"`{part}`" if n % 2 else _inline(f".{part}.")[1:-1] for n, part in parts)


def _fenced(lines: Sequence[str], language: str = "") -> Iterator[str]:
    """Yield a code block; its fence is longer than any in it."""
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text
    yield fence
    yield ""
