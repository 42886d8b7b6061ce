"""The command `mockserver`."""

import gc
import sys
from pathlib import Path
from typing import Any

import click

from mockserver.config import OPTIONS, Option, Settings
from mockserver.version import VERSION
from specs import PROFILES


class UsageError(click.ClickException):
    """Invalid settings."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, "--version", prog_name="mockserver")
def main() -> None:
    """Mock server of three vendors' report APIs, for tests only."""


def _parameter(option: Option) -> click.Option:
    kind: Any = click.Choice(option.choices) if option.choices else None
    shown = option.default not in (None, ())
    is_switch = isinstance(option.default, bool)
    if option.is_folder:
        kind = click.Path()  # else a variable would be split at spaces
    return click.Option(
        [option.flag, option.name],
        is_flag=is_switch,
        type=kind or (str if option.multiple or option.default is None else type(option.default)),
        default=option.default,
        multiple=option.multiple,
        metavar=option.metavar or None,
        help=option.help,
        envvar=option.variable,
        show_envvar=True,
        show_default=shown and not is_switch,
    )


def _report_replaced(settings: Settings) -> None:
    """Print which of the user's vendors stand in for those that come with the mock."""
    import specs

    for name, folder in specs.vendor_folders(settings.vendors).items():
        if name in specs.vendors() and specs.is_own(folder):
            click.echo(f"{name}: {folder} replaces the vendor of this name", err=True)


@main.command()
@click.argument("vendor")
@click.option("--profile", type=click.Choice(PROFILES), default=PROFILES[0], show_default=True)
@click.option(
    "--openapi",
    default="openapi.json",
    show_default=True,
    metavar="URL",
    help="Where the vendor's OpenAPI document is.",
)
@click.option("--vendors", type=click.Path(), multiple=True, metavar="DIR", help="As of serve.")
def arazzo(vendor: str, profile: str, openapi: str, vendors: tuple[str, ...]) -> None:
    """Print the life of VENDOR's job as an Arazzo 1.0 document."""
    import json

    from specs import SpecError, load, vendor_folders
    from specs.arazzo import document

    try:
        folder = vendor_folders(map(Path, vendors)).get(vendor)
        click.echo(json.dumps(document(load(vendor, profile, folder=folder), openapi), indent=2))
    except SpecError as error:
        raise UsageError(str(error)) from None


@main.command(
    params=[_parameter(option) for option in OPTIONS],
    epilog="For instance: mockserver serve --port 8080 --speed 60",
)
def serve(**options: Any) -> None:
    """Run the mock until Ctrl-C. Options take precedence over environment variables."""
    gc.disable()  # until the server settles: nothing of what a start loads is garbage
    from mockserver.errors import ConfigurationError
    from mockserver.server.lean_imports import lean_imports

    with lean_imports(is_alone=True):
        from mockserver.server.run import serve as run
    from specs import SpecError

    try:
        settings = Settings(**options)
        _report_replaced(settings)
        run(settings, click.echo)
    except (ConfigurationError, SpecError) as error:
        raise UsageError(str(error)) from None


@main.command()
@click.argument("folder", type=click.Path(), metavar="DIR")
def validate(folder: str) -> None:
    """Check the vendors in DIR: the files, the fixtures, and the mock's responses.

    Each fault is one line with file, place and reason; exit code 2 if there is one.
    """
    from mockserver.errors import ConfigurationError
    from mockserver.server.run import try_out
    from specs import SpecError, is_own, load, vendor_folders
    from specs.implied import with_implied

    try:
        settings = Settings(vendors=(Path(folder),), clock="manual")
        folders = vendor_folders(settings.vendors)
        own = [name for name, path in folders.items() if is_own(path)]
        faults = list(try_out(settings, own))
        for name in own:
            with_implied(load(name, folder=folders[name])).load_requirements()
    except (ConfigurationError, SpecError) as error:
        faults = str(error).splitlines()
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(2)
    click.echo(f"{', '.join(own)}: no faults")


_FLAGS = {
    "create": "operationId that creates a job",
    "poll": "operationId that shows the state of a job",
    "list": "operationId that lists jobs",
    "fetch": "operationId that downloads the file of a job",
    "delete": "operationId that deletes a job",
    "cancel": "operationId that cancels a job",
    "id": "JSON pointer to the job's id in a response",
    "status": "JSON pointer to the job's state in a response",
    "states": "values of the state, in order and with commas; VALUE=GROUP says what one means",
}


@main.command(
    "new-vendor",
    params=[
        click.Argument(["name"]),
        click.Option(
            ["--openapi", "source"],
            type=click.Path(exists=True, dir_okay=False),
            required=True,
            help="OpenAPI document, 3.0 or 3.1, or Swagger 2.0; YAML or JSON.",
        ),
        click.Option(
            ["--out"],
            type=click.Path(file_okay=False),
            default="vendors",
            show_default=True,
            help="Folder that gets the folder NAME.",
        ),
        click.Option(
            ["--keep"],
            multiple=True,
            metavar="PATH",
            help="Path prefix to keep besides those of the jobs. Repeatable.",
        ),
        *(click.Option([f"--{flag}"], help=f"{text}.") for flag, text in _FLAGS.items()),
    ],
)
def new_vendor(name: str, source: str, out: str, keep: tuple[str, ...], **answers: Any) -> None:
    """Write the files of a vendor NAME from an OpenAPI document.

    It finds the operations that create, poll, list, fetch, delete and cancel a job; what it cannot
    tell it asks on a terminal, else it names the option that answers.
    """
    from specs import SpecError
    from specs.files import RESERVED, SLUG
    from specs.new_vendor import Draft

    if not SLUG.fullmatch(name) or name in RESERVED:
        raise UsageError(f"{name}: a name has a-z, 0-9 and -, with a letter first")
    folder = Path(out) / name
    if folder.exists():
        raise UsageError(f"{folder}: is there already")
    given = {flag: value for flag, value in answers.items() if value}
    try:
        draft = Draft(Path(source))
        while questions := draft.find(given):
            given |= {q.flag: _answer(q.flag, q.text, q.choices) for q in questions[:1]}
        draft.write(folder, keep)
        issues = draft.issues(folder)
    except (SpecError, OSError) as error:
        raise UsageError(str(error)) from None
    for line in draft.report():
        click.echo(line)
    for issue in issues:
        click.echo(str(issue), err=True)
    click.echo(f"""
{folder} is written. To go on:
  mockserver validate {folder}
  mockserver serve --vendors {folder}
  conformance run {name} --vendors {folder} --base-url http://127.0.0.1:4010 \\
      --control-url http://127.0.0.1:4010/_mock
""")
    if issues:
        raise SystemExit(2)


def _answer(flag: str, text: str, choices: tuple[str, ...]) -> str:
    """Ask a question on a terminal.

    Raises:
        UsageError: nobody is there to answer; the text names the option.
    """
    if not sys.stdin.isatty():
        listed = f" One of: {', '.join(choices)}." if choices else ""
        raise UsageError(f"{text} Answer with --{flag}.{listed}")
    for number, choice in enumerate(choices, 1):
        click.echo(f"  {number}  {choice}")
    answer: str = click.prompt(text)
    is_number = answer.isdecimal() and 0 < int(answer) <= len(choices)
    return choices[int(answer) - 1] if is_number else answer
