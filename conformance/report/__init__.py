"""Reports: the result of a run as text, JSON, HTML, JUnit XML, Markdown, SARIF or annotations."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from conformance.errors import UsageError
from conformance.evaluation import Result
from conformance.report import ci_formats, html_report, json_report, text

GITHUB: Final = "github"
RENDERERS: Final[Mapping[str, Callable[[Result], str | bytes]]] = MappingProxyType(
    {
        "json": json_report.render,
        "html": html_report.render,
        "junit": ci_formats.render,
        "gitlab": partial(ci_formats.render, gitlab=True),
        "sarif": ci_formats.render_sarif,
        "markdown": text.render_markdown,
        "text": text.render,
    }
)


def parse(choice: str) -> tuple[str, Path]:
    """Return kind and path of `--report KIND=PATH`; `github` has no path, its place is fixed.

    Raises:
        UsageError: unknown kind, or no path.
    """
    kind, _, path = choice.partition("=")
    if choice == GITHUB:
        return GITHUB, Path("-")
    if kind not in RENDERERS or not path:
        kinds = ", ".join(RENDERERS)
        raise UsageError(
            f"--report: {choice!r} must be KIND=PATH with a KIND of {kinds}, or {GITHUB}"
        )
    return kind, Path(path)


def write(result: Result, kind: str, path: Path) -> None:
    """Write a report to a file; `-` is standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    if kind == GITHUB:
        ci_formats.write_github(result)
        return
    write_content(RENDERERS[kind](result), path)


def write_content(content: str | bytes, path: Path) -> None:
    """Write the content of a report; see `write`."""
    data = content.encode() if isinstance(content, str) else content
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"--report: {path} cannot be written: {error.strerror}") from error
