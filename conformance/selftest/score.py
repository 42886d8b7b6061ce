"""The kill table, the false alarms, and which check alone caught what."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.reference.defects import DEFECTS, VARIANTS
from conformance.selftest.trial import Finding, Kind


def compose(findings: Sequence[Finding]) -> RenderableType:
    """Return the whole score: one line a vendor, then what went wrong, then who stands alone."""
    return Group(
        _table(findings),
        *_wrong(findings),
        *_alone(findings),
        _verdict(findings),
    )


def _table(findings: Sequence[Finding]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("vendor")
    for name in ("defects", "killed", "missed", "variants", "accused", "requests"):
        table.add_column(name, justify="right")
    for vendor in dict.fromkeys(finding.trial.vendor for finding in findings):
        own = [finding for finding in findings if finding.trial.vendor == vendor]
        defects = [finding.right for finding in own if finding.trial.kind is Kind.DEFECT]
        legal = [finding.right for finding in own if finding.trial.kind is not Kind.DEFECT]
        numbers = (
            len(defects),
            sum(defects),
            defects.count(False),
            len(legal),
            legal.count(False),
            sum(finding.requests for finding in own),
        )
        table.add_row(vendor, *(str(number) for number in numbers))
    return table


def _wrong(findings: Iterable[Finding]) -> Iterable[RenderableType]:
    for finding in findings:
        if finding.right:
            continue
        trial = finding.trial
        word = "MISSED" if trial.kind is Kind.DEFECT else "ACCUSED"
        known = DEFECTS.get(trial.switch) or VARIANTS.get(trial.switch)
        text = known.text if known else "the app without any switch"
        yield Text.assemble(
            (f"{word}  ", "bold red"), trial.switch or "correct", f" (seed {trial.seed}): {text}"
        )
        ids = ", ".join((*finding.caught_by, *finding.erred)) or "nothing"
        yield Padding(Text(f"noticed by {ids}", style="dim"), (0, 0, 0, 8))


def _alone(findings: Iterable[Finding]) -> Iterable[RenderableType]:
    """Requirements without which a defect would have slipped by; told of whole runs alone."""
    alone: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.trial.kind is Kind.DEFECT and finding.trial.whole:
            for one in finding.caught_by if len(finding.caught_by) == 1 else ():
                alone[one].add(finding.trial.switch)
    if alone:
        yield Text("Caught by one requirement alone:", style="bold")
    for requirement, switches in sorted(alone.items()):
        yield Text(f"  {requirement}  {', '.join(sorted(switches))}", style="dim")


def _verdict(findings: Sequence[Finding]) -> RenderableType:
    wrong = sum(not finding.right for finding in findings)
    seeds = len({finding.trial.seed for finding in findings})
    told = f"{len(findings)} trials on {seeds} seed(s), {wrong} wrong"
    return Text(("PASS: " if not wrong else "FAIL: ") + told, style="bold")
