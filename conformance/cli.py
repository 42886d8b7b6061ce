"""The command `conformance`."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from conformance.errors import (
    InternalError,
    SuiteError,
    TargetUnavailable,
    describe_crash,
    describe_missing_module,
)
from conformance.settings import Effort, Settings, Threshold
from specs import DOCUMENTED, PROFILES, SpecError

Command = Callable[..., Any]
EXIT_USAGE = 2
EXIT_NOT_JUDGED = 3
POSITIVE = click.FloatRange(0, min_open=True)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
FURTHER_ROLES = ("reader", "limited", "foreign", "expired")
EFFORTS = click.Choice([effort.value for effort in Effort])


def read_threshold(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> Threshold | None:
    """Return the value of --require.

    Raises:
        click.BadParameter: it is neither a number nor a percentage.
    """
    try:
        return None if text is None else Threshold.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None


VENDORS_OPTION = click.option(
    "--vendors",
    multiple=True,
    envvar="CONFORMANCE_VENDORS",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with vendors of your own (openapi.yaml, lifecycle.yaml); repeat.",
)
TARGET_OPTIONS = (
    click.option("--base-url", required=True, help="Base URL of the implementation."),
    click.option("--control-url", help="Control plane of the mock (…/_mock), to move its clock."),
    click.option(
        "--target",
        type=FILE,
        help="Target file: credentials, and what the suite may do. Optional on loopback.",
    ),
)
RUN_OPTIONS = (
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        default=DOCUMENTED,
        show_default=True,
        help="Source that takes precedence where sources conflict.",
    ),
    click.option(
        "--seed", type=int, default=1, show_default=True, help="The same seed sends the same."
    ),
    click.option(
        "--effort",
        type=EFFORTS,
        default=Effort.DEFAULT.value,
        show_default=True,
        help="How much is sent; quick has no generated data.",
    ),
    click.option(
        "--only", multiple=True, metavar="ID", help="Judge only this requirement. Repeatable."
    ),
    click.option("--baseline", type=FILE, help="Accepted failures, with owner, reason and date."),
    click.option("--strict", is_flag=True, help="WARN counts as FAIL."),
    click.option(
        "--require",
        callback=read_threshold,
        metavar="N|PERCENT",
        help="Exit code 3 if fewer musts are judged: 40, or 75%.",
    ),
    click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="KIND=PATH",
        help="Write a report (json, html, junit, gitlab, sarif, markdown, text) to a file; "
        "`github` alone prints annotations and writes the summary of the step.",
    ),
    click.option(
        "--dry-run", is_flag=True, help="Print the plan and its cost without sending anything."
    ),
)
LIMIT_OPTIONS = (
    click.option(
        "--max-requests", type=click.IntRange(1), metavar="N", help="Requests of the whole run."
    ),
    click.option("--rate", type=POSITIVE, metavar="N", help="Maximum requests per second."),
    click.option(
        "--max-time",
        type=POSITIVE,
        default=600.0,
        show_default=True,
        metavar="S",
        help="Seconds for the whole run.",
    ),
    click.option(
        "--timeout",
        type=POSITIVE,
        default=10.0,
        show_default=True,
        metavar="S",
        help="Seconds for one whole response.",
    ),
    click.option("--ca-bundle", type=FILE, help="Certificate authorities to trust."),
)


def limit_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Settings` that LIMIT_OPTIONS set."""
    limits = {name: options[name] for name in ("max_requests", "rate", "max_time", "timeout")}
    return limits | {"ca_bundle": options["ca_bundle"] and str(options["ca_bundle"])}


def replay_options(command: Command) -> Command:
    """Give a command the options of a replay: its base URL defaults to that of the result."""
    base_url = click.option("--base-url", help="Base URL; that of RESULT by default.")
    for option in reversed((base_url, *TARGET_OPTIONS[1:], VENDORS_OPTION, *LIMIT_OPTIONS)):
        command = option(command)
    return command


def run_options(command: Command) -> Command:
    """Give a command the options of a run."""
    for option in reversed((*TARGET_OPTIONS, VENDORS_OPTION, *RUN_OPTIONS, *LIMIT_OPTIONS)):
        command = option(command)
    return command


COMPARE_OPTIONS = (
    click.option("--vendor", help="Whose API two base URLs implement, if no target file says it."),
    click.option("--target-a", type=FILE, help="Target file of the base URL A."),
    click.option("--target-b", type=FILE, help="Target file of the base URL B."),
    click.option("--control-url-a", help="Control plane of the mock at A (…/_mock)."),
    click.option("--control-url-b", help="Control plane of the mock at B (…/_mock)."),
    VENDORS_OPTION,
    *RUN_OPTIONS[:3],
    click.option("--baseline", type=FILE, help="JSON report of a comparison, or accepted rows."),
    click.option(
        "--fail-on",
        type=click.Choice(["drift", "never"]),
        default="never",
        show_default=True,
        help="Exit code 1 if there is a difference that no baseline accepts.",
    ),
    click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="KIND=PATH",
        help="Write the comparison (json, markdown, html, text) to a file.",
    ),
    click.option("--suggest", type=FOLDER, help="Write changes of the contract to this folder."),
    click.option(
        "--adopt",
        type=click.Choice(["a", "b"]),
        default="a",
        show_default=True,
        help="The side that is right, with --suggest: the other becomes like it.",
    ),
)


def compare_options(command: Command) -> Command:
    """Give a command the options of a comparison."""
    for option in reversed((*COMPARE_OPTIONS, *LIMIT_OPTIONS)):
        command = option(command)
    return command


class Suite(click.Group):
    """Turns the suite's exceptions into a message and an exit code; never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (TargetUnavailable, InternalError) as error:
            _die(str(error), EXIT_NOT_JUDGED)
        except (SuiteError, SpecError) as error:
            _die(str(error), EXIT_USAGE)
        except ModuleNotFoundError as error:
            _die(describe_missing_module(error), EXIT_USAGE)
        except KeyboardInterrupt as stop:
            _die(f"interrupted. {' '.join(map(str, stop.args))}".rstrip(), EXIT_NOT_JUDGED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001  (exit code 1 would accuse the target)
            _die(describe_crash(error), EXIT_NOT_JUDGED)
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
    """Judge VENDOR's implementation.

    Exit code 0 conforms in what was judged, 1 fails, 2 usage error, 3 not judged as planned.
    """
    sys.exit(_run(vendor, options))


@main.command()
@click.argument("result", type=FILE)
@click.option("--id", "ids", multiple=True, metavar="ID", help="Replay only this failure.")
@replay_options
def replay(result: Path, ids: tuple[str, ...], **options: Any) -> None:
    """Replay the failures of RESULT (--report json=RESULT).

    Exit code 1 if one fails again, 0 if none does, 3 if one cannot be judged.
    """
    from conformance.replay import replay_command

    sys.exit(replay_command(result, ids, options, limit_settings(options)))


@main.command()
@click.argument("a")
@click.argument("b")
@compare_options
def compare(a: str, b: str, **options: Any) -> None:
    """Compare A and B: files of `--report json=FILE`, or base URLs that are run with one seed.

    Exit code 0, with `--fail-on drift` 1 if they differ; 2 usage error, 3 a run had no result.
    """
    from conformance.drift import compare_command
    from conformance.report.text import Progress

    progress = Progress()
    settings = Settings(
        profile=options["profile"],
        seed=options["seed"],
        effort=Effort(options["effort"]),
        **limit_settings(options),
    )
    with progress:
        code = compare_command((a, b), options, settings, progress.show_step)
    sys.exit(code)


@main.command()
@click.argument("vendor")
@click.option("--upstream", required=True, help="Base URL of the API that answers.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=4020, show_default=True)
@click.option("--target", type=FILE, help="Target file: what may be written. Optional on loopback.")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice(["documented", "vendor", "never"]),
    default="documented",
    show_default=True,
    help="Exit code 1 if traffic departed from a rule of this source, or of a surer one.",
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="The journal.")
@click.option("--record", type=FOLDER, help="Write what passed to this folder, as a scenario.")
@click.option("--timeout", type=POSITIVE, default=60.0, show_default=True, metavar="S")
@click.option("--ca-bundle", type=FILE, help="Certificate authorities to trust.")
@VENDORS_OPTION
def proxy(vendor: str, **options: Any) -> None:
    """Pass traffic on to an implementation of VENDOR's API, and check both directions.

    Exit code 0, 1 if traffic departed from the contract (--fail-on), 2 usage error.
    """
    from conformance.drift import proxy_command

    sys.exit(proxy_command(vendor, options))


@main.command("diff-spec")
@click.argument("old", type=EXISTING)
@click.argument("new", type=EXISTING)
@click.option("--vendor", help="Whose requirements to name; OLD says it by `x-vendor`.")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice(["client", "server", "any", "never"]),
    default="any",
    show_default=True,
    help="Exit code 1 if a change hurts clients, or servers.",
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="JSON file.")
@VENDORS_OPTION
def diff_spec(old: Path, new: Path, **options: Any) -> None:
    """Say what the OpenAPI document NEW breaks that OLD allowed, and for whom.

    Each is a file, or a folder with openapi.yaml.
    """
    from conformance.drift.spec_diff import diff_command

    sys.exit(diff_command(old, new, options))


@main.command()
@click.argument("vendor")
@click.option("--har", type=FILE, required=True, help="HTTP archive of a browser or a proxy.")
@click.option("--output", type=FOLDER, required=True, help="Folder for VENDOR/NAME.yaml.")
@click.option("--name", default="recorded", show_default=True, help="Name of the scenario.")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
@VENDORS_OPTION
def record(
    vendor: str, har: Path, output: Path, name: str, profile: str, vendors: tuple[Path, ...]
) -> None:
    """Turn recorded traffic with VENDOR's API into a scenario of the mock.

    `mockserver serve --scenarios OUTPUT --scenario NAME` plays it.
    """
    from conformance.contract_queries import load_contract
    from conformance.drift.recording import record_har

    contract = load_contract(vendor, profile, _announced(vendors))
    scenario, left_out = record_har(contract, har, output, name)
    if left_out:
        click.echo(f"{har}: {left_out} entries are not as HAR 1.2 has them", err=True)
    click.echo(f"{scenario}: the scenario")


@main.command()
@click.argument("vendor")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--writes/--read-only", default=None, help="Whether a run may create and delete.")
@click.option("--client/--token", default=None, help="Client credentials, or a token.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(FURTHER_ROLES),
    help="A further credential that you have; repeat.",
)
@click.option("--max-created", type=click.IntRange(1), metavar="N", help="Created by an operation.")
@click.option("--job-seconds", type=POSITIVE, metavar="S", help="How long a job takes at most.")
@click.option("--control-url", help="Control plane of the mock (…/_mock).")
@click.option(
    "--ask/--no-ask", default=None, help="Ask for what no option says; by default on a terminal."
)
@VENDORS_OPTION
def init(
    vendor: str,
    file: Path | None,
    *,
    force: bool,
    ask: bool | None,
    vendors: tuple[Path, ...],
    **given: Any,
) -> None:
    """Write a commented target file for VENDOR to FILE, or to standard output."""
    from conformance.checks import facts_of, load_checks
    from conformance.contract_queries import load_contract
    from conformance.target.template import (
        Answers,
        ask_for_answers,
        target_template,
        write_template,
    )

    contract = load_contract(vendor, DOCUMENTED, _announced(vendors))
    facts = facts_of(contract, load_checks())
    to_stdout = file is None or str(file) == "-"
    if ask if ask is not None else not to_stdout and sys.stdin.isatty():
        given = ask_for_answers(contract, given)
    answers = Answers(**{name: value for name, value in given.items() if value is not None})
    if file is None or to_stdout:
        click.echo(target_template(contract, facts, answers), nl=False)
    else:
        write_template(contract, file, force=force, facts=facts, answers=answers)
        click.echo(
            f"{file}: set the environment variables in it, and review the rest; "
            f"`conformance check-target {file}` says what can be judged with it"
        )


@main.command("check-target")
@click.argument("file", type=FILE)
@click.option("--base-url", help="Base URL; without it, a server that is no loopback address.")
@click.option("--control-url", help="Control plane of the mock, if not the file's.")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
@click.option("--effort", type=EFFORTS, default=Effort.DEFAULT.value, show_default=True)
@VENDORS_OPTION
def check_target(
    file: Path,
    base_url: str | None,
    control_url: str | None,
    profile: str,
    effort: str,
    vendors: tuple[Path, ...],
) -> None:
    """Say what can be judged with the target file FILE, and what not; nothing is sent.

    Exit code 2 if the file is wrong, or names an environment variable that is not set.
    """
    from conformance.checks import load_checks
    from conformance.contract_queries import load_contract
    from conformance.plan import describe_target
    from conformance.target import read_target, unset_variables, vendor_of
    from conformance.target.safety import WritePolicy
    from conformance.target.tracker import ResourceTracker

    vendor, unset = vendor_of(file), unset_variables(file, os.environ)
    contract = load_contract(vendor, profile, _announced(vendors))
    environment = os.environ | dict.fromkeys(unset, "not-set-yet")
    url = base_url or "https://target.invalid"
    target = read_target(
        vendor, url, environment, file=file, control_url=control_url, contract=contract
    )
    policy = WritePolicy(contract, target, ResourceTracker(contract))
    settings = Settings(profile=profile, effort=Effort(effort))
    told = describe_target(contract, load_checks(), settings, policy, unset=unset)
    click.echo(told, nl=False)
    sys.exit(EXIT_USAGE if unset else 0)


@main.command("list")
@click.argument("vendor")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
@VENDORS_OPTION
def list_(vendor: str, profile: str, vendors: tuple[Path, ...]) -> None:
    """List VENDOR's requirements with source, level and check."""
    from conformance.contract_queries import load_contract
    from conformance.evaluation.explain import list_requirements

    contract = load_contract(vendor, profile, _announced(vendors))
    click.echo(list_requirements(contract), nl=False)


@main.command()
@click.argument("requirement")
@click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True)
@VENDORS_OPTION
def explain(requirement: str, profile: str, vendors: tuple[Path, ...]) -> None:
    """Explain REQUIREMENT: its source, its check and where that is, what is sent."""
    from conformance.evaluation.explain import explain_requirement

    click.echo(explain_requirement(requirement, profile, _announced(vendors)), nl=False)


@main.command()
def checks() -> None:
    """List the checks that requirements.yaml may name, with their arguments."""
    from conformance.evaluation.explain import list_checks

    click.echo(list_checks(), nl=False)


@main.command()
@click.argument("vendors", nargs=-1, metavar="[VENDOR]...")
@click.option(
    "--switch", "switches", multiple=True, metavar="ID", help="Only this defect or variant."
)
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--whole", is_flag=True, help="Judge defects by all requirements, not only by their own."
)
@click.option("--jobs", type=click.IntRange(1), help="Parallel processes.")
def selftest(
    vendors: tuple[str, ...], switches: tuple[str, ...], seeds: int, whole: bool, jobs: int | None
) -> None:
    """Judge the suite itself on planted defects and legal variants.

    Exit code 1 if a defect is missed or a variant fails.
    """
    from conformance.selftest import processors, selftest_command

    sys.exit(selftest_command(vendors, switches, seeds, jobs or processors(), full=whole))


def _announced(vendors: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the folders with vendors; standard error says which built-in ones they replace."""
    from conformance.contract_queries import replaced_vendors

    for sentence in replaced_vendors(vendors):
        click.echo(f"conformance: {sentence}", err=True)
    return vendors


def _run(vendor: str, options: Mapping[str, Any]) -> int:
    from rich.console import Console

    from conformance import report
    from conformance.report.text import Progress, show
    from conformance.runner import create_runner

    reports = [report.parse(choice) for choice in options["reports"]]
    progress = Progress()
    runner = create_runner(
        vendor,
        options["base_url"],
        control_url=options["control_url"],
        target=options["target"],
        settings=_settings(options),
        on_progress=progress.show_step,
        on_failure=progress.show_failure,
        baseline=options["baseline"],
        vendors=_announced(options["vendors"]),
    )
    if options["dry_run"]:
        from conformance.plan import describe_plan

        click.echo(describe_plan(runner.plan()), nl=False)
        return 0
    with progress:
        result = runner.run()
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
        require=options["require"],
        **limit_settings(options),
    )
