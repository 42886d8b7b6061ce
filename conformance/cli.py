"""The command `conformance`."""

import sys
from pathlib import Path
from typing import Any

import click

from conformance.failures import NotJudged, SuiteError
from conformance.options import FILE, replay_options, run_options
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
        except KeyboardInterrupt as stop:
            _die(f"interrupted. {' '.join(map(str, stop.args))}".rstrip(), EXIT_NOT_JUDGED)
        return None


def _die(message: str, code: int) -> None:
    click.echo(f"conformance: {message}", err=True)
    sys.exit(code)


@click.group(cls=Suite, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="report-contracts")
def main() -> None:
    """Judge an implementation of a vendor's asynchronous report API."""


@main.command()
@click.argument("vendor")
@run_options
def run(vendor: str, **options: Any) -> None:
    """Judge VENDOR's implementation; exit 0 conforms, 1 fails, 2 usage, 3 not judged."""
    from conformance.commands import run_command

    sys.exit(run_command(vendor, options))


@main.command()
@click.argument("result", type=FILE)
@click.option("--id", "ids", multiple=True, metavar="ID", help="Repeat this finding alone.")
@replay_options
def replay(result: Path, ids: tuple[str, ...], **options: Any) -> None:
    """Repeat the findings of RESULT (--report json=RESULT).

    Exit 1 if one still shows, 0 if none does, 3 if it cannot be judged.
    """
    from conformance.replay.command import replay_command

    sys.exit(replay_command(result, ids, options))


@main.command()
@click.argument("vendor")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(vendor: str, file: Path | None, *, force: bool) -> None:
    """Write a commented target file for VENDOR to FILE, or to standard output."""
    from conformance.access.init import target_file, write
    from conformance.contracts.loading import contract

    found = contract(vendor, DOCUMENTED)
    if file is None or str(file) == "-":
        click.echo(target_file(found), nl=False)
    else:
        write(found, file, force=force)
        click.echo(f"{file}: set the variables that it names, then read it through")


@main.command("list")
@click.argument("vendor")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
def list_(vendor: str, profile: str) -> None:
    """List VENDOR's requirements with source, level and check."""
    from conformance.contracts.loading import contract
    from conformance.verdicts.explain import list_requirements

    click.echo(list_requirements(contract(vendor, profile)), nl=False)


@main.command()
@click.argument("requirement")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
def explain(requirement: str, profile: str) -> None:
    """Tell where REQUIREMENT comes from, what is sent, and what counts as a breach."""
    from conformance.verdicts.explain import explain_requirement

    click.echo(explain_requirement(requirement, profile), nl=False)


@main.command()
@click.argument("vendors", nargs=-1, metavar="[VENDOR]...")
@click.option("--switch", "switches", multiple=True, metavar="ID", help="Try this one alone.")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--whole", is_flag=True, help="Judge defects by every requirement, not by their own alone."
)
@click.option("--jobs", type=click.IntRange(1), help="Processes side by side.")
def selftest(
    vendors: tuple[str, ...], switches: tuple[str, ...], seeds: int, whole: bool, jobs: int | None
) -> None:
    """Judge the suite itself on planted defects and legal variants; exit 1 if it errs."""
    from conformance.selftest.command import processors, selftest_command

    sys.exit(selftest_command(vendors, switches, seeds, jobs or processors(), whole=whole))
