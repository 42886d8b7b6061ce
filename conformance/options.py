"""The options of `conformance run`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from conformance.settings import Effort
from specs import DOCUMENTED, PROFILES

Command = Callable[..., Any]
POSITIVE = click.FloatRange(0, min_open=True)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EFFORTS = click.Choice([effort.value for effort in Effort])


WHO = (
    click.option("--base-url", required=True, help="Where the implementation answers."),
    click.option("--control-url", help="The mock's control plane (…/_mock): moves its clock."),
    click.option(
        "--target",
        type=FILE,
        help="Target file: credentials, and what the suite may do. Not needed on loopback.",
    ),
)
WHAT = (
    click.option("--profile", type=click.Choice(PROFILES), default=DOCUMENTED, show_default=True),
    click.option("--seed", type=int, default=1, show_default=True),
    click.option("--effort", type=EFFORTS, default=Effort.DEFAULT.value, show_default=True),
    click.option("--only", multiple=True, metavar="ID", help="Judge this requirement alone."),
    click.option(
        "--baseline", type=FILE, help="Failures that are accepted, with owner, reason and date."
    ),
    click.option("--strict", is_flag=True, help="WARN counts as FAIL."),
    click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="KIND=PATH",
        help="Write json, html, junit, markdown or text to a file.",
    ),
    click.option("--dry-run", is_flag=True, help="Print the plan and its cost; send nothing."),
)
LIMITS = (
    click.option("--max-requests", type=click.IntRange(1), metavar="N"),
    click.option("--rate", type=POSITIVE, metavar="N", help="Requests a second, at most."),
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
        help="Seconds for one whole answer.",
    ),
    click.option("--ca-bundle", type=FILE, help="Issuers to trust in TLS."),
)


def limits(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options of LIMITS say, as `Settings` takes it."""
    told = {name: options[name] for name in ("max_requests", "rate", "max_time", "timeout")}
    return told | {"ca_bundle": options["ca_bundle"] and str(options["ca_bundle"])}


def replay_options(command: Command) -> Command:
    """Give a command the options of a replay: whose base URL may be that of the result."""
    where = click.option("--base-url", help="Where to repeat it; where it was found if not given.")
    for option in reversed((where, *WHO[1:], *LIMITS)):
        command = option(command)
    return command


def run_options(command: Command) -> Command:
    """Give a command the options of a run."""
    for option in reversed((*WHO, *WHAT, *LIMITS)):
        command = option(command)
    return command
