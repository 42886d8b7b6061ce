"""The command `conformance`."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from conformance.failures import NotJudged, SuiteError
from conformance.settings import Effort
from specs import DOCUMENTED, PROFILES, SpecError

EXIT_USAGE = 2
EXIT_NOT_JUDGED = 3


class Suite(click.Group):
    """Turns the suite's errors into a sentence and an exit code; never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NotJudged as error:
            _die(str(error), EXIT_NOT_JUDGED)
        except (SuiteError, SpecError) as error:
            _die(str(error), EXIT_USAGE)
        return None


def _die(message: str, code: int) -> None:
    click.echo(f"conformance: {message}", err=True)
    sys.exit(code)


@click.group(cls=Suite, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="report-contracts")
def main() -> None:
    """Judge an implementation of a vendor's asynchronous report API."""


def _run_options(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.option("--base-url", required=True, help="Where the implementation answers."),
        click.option("--control-url", help="The mock's control plane (…/_mock): moves its clock."),
        click.option(
            "--target",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Target file: credentials and what the suite may do. Not needed on loopback.",
        ),
        click.option(
            "--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True
        ),
        click.option("--seed", type=int, default=1, show_default=True),
        click.option(
            "--effort",
            type=click.Choice([effort.value for effort in Effort]),
            default=Effort.DEFAULT.value,
            show_default=True,
        ),
        click.option("--only", multiple=True, metavar="ID", help="Judge this requirement alone."),
        click.option(
            "--report",
            "reports",
            multiple=True,
            metavar="KIND=PATH",
            help="Write json, html, junit, markdown or text to a file.",
        ),
        click.option("--strict", is_flag=True, help="WARN counts as FAIL."),
        click.option("--max-requests", type=click.IntRange(1), metavar="N"),
        click.option(
            "--rate", type=click.FloatRange(0, min_open=True), help="Requests a second, at most."
        ),
        click.option(
            "--max-time",
            type=click.FloatRange(0, min_open=True),
            default=600.0,
            show_default=True,
            help="Seconds for the whole run.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            default=10.0,
            show_default=True,
            help="Seconds for one whole answer.",
        ),
        click.option("--ca-bundle", type=click.Path(exists=True), help="Issuers to trust in TLS."),
        click.option("--dry-run", is_flag=True, help="Print the plan and its cost; send nothing."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@main.command()
@click.argument("vendor")
@_run_options
def run(vendor: str, **options: Any) -> None:
    """Judge VENDOR's implementation; exit 0 conforms, 1 fails, 2 usage, 3 not judged."""
    from conformance.commands import run_command

    sys.exit(run_command(vendor, options))


@main.command("list")
@click.argument("vendor")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
def list_(vendor: str, profile: str) -> None:
    """List VENDOR's requirements with source, level and check."""
    from conformance.contracts import contract
    from conformance.explain import list_requirements

    click.echo(list_requirements(contract(vendor, profile)), nl=False)


@main.command()
@click.argument("requirement")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
def explain(requirement: str, profile: str) -> None:
    """Tell where REQUIREMENT comes from, what is sent, and what counts as a breach."""
    from conformance.explain import explain_requirement

    click.echo(explain_requirement(requirement, profile), nl=False)
