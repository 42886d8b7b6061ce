"""What `conformance run` does once its options are read."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from conformance import report
from conformance.options import limits
from conformance.report.text import WIDTH, show
from conformance.running.bootstrap import runner
from conformance.running.plan import Plan, Step
from conformance.settings import Effort, Settings
from specs import Requirement


def run_command(vendor: str, options: Mapping[str, Any]) -> int:
    """Run the suite, write the reports, and return the exit code.

    Raises:
        UsageError: an option does not fit.
        NotJudged: the target cannot be reached, or refuses the credentials.
    """
    reports = [report.parse(choice) for choice in options["reports"]]
    progress = _Progress()
    made = runner(
        vendor,
        options["base_url"],
        control_url=options["control_url"],
        target=options["target"],
        settings=_settings(options),
        tell=progress.tell,
        broke=progress.broke,
        baseline=options["baseline"],
    )
    if options["dry_run"]:
        sys.stdout.write(_dry(made.plan()))
        return 0
    with progress:
        result = made.run()
    for kind, path in reports:
        report.write(result, kind, path)
    show(result, Console(highlight=False, soft_wrap=False))
    return result.exit_code


def _settings(options: Mapping[str, Any]) -> Settings:
    return Settings(
        profile=options["profile"],
        seed=options["seed"],
        effort=Effort(options["effort"]),
        only=frozenset(options["only"]),
        strict=options["strict"],
        **limits(options),
    )


class _Progress:
    """Standard error while a run goes on: what breaks, and on a terminal the present step."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("starting") if self._console.is_terminal else None

    def tell(self, line: str) -> None:
        if self._status is not None:
            self._status.update(line)

    def broke(self, requirement: Requirement, reason: str) -> None:
        line = Text.assemble(("broken", "red"), f"  {requirement.id}  {reason}")
        width = min(WIDTH, self._console.width)
        self._console.print(line, width=width, no_wrap=True, overflow="ellipsis")

    def __enter__(self) -> None:
        if self._status is not None:
            self._status.start()

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()


def _dry(plan: Plan) -> str:
    lines = [f"{step.requests:>6}  {step.name}: {_about(step)}" for step in plan.steps]
    lines += [f"  skip  {id_}: {reason}" for id_, reason in plan.skips.items()]
    lines += [f"{_most(plan):>6}  things made by {name}" for name in plan.makers]
    lines.append(f"{plan.requests:>6}  requests, about; {len(plan.requirements)} requirements")
    return "\n".join(lines) + "\n"


def _most(plan: Plan) -> str:
    """How many things one operation may make: `max_created` of the target file."""
    return "any" if plan.max_created is None else f"<= {plan.max_created}"


def _about(step: Step) -> str:
    if step.requirement is not None:
        return f"{step.requirement.id} {step.requirement.text}"
    return ", ".join(step.operations)
