"""The views of one result, each a module with a function `render`."""

import importlib
from pathlib import Path

from conformance.failures import UsageError
from conformance.verdicts.result import Result

KINDS = ("json", "html", "junit", "markdown", "text")


def parse(choice: str) -> tuple[str, Path]:
    """Return kind and path of `--report KIND=PATH`.

    Raises:
        UsageError: the kind is unknown, or there is no path.
    """
    kind, _, path = choice.partition("=")
    if kind not in KINDS or not path:
        raise UsageError(f"--report: write one of {', '.join(KINDS)}, then =PATH, not {choice!r}")
    return kind, Path(path)


def write(result: Result, kind: str, path: Path) -> None:
    """Write a report to a file; `-` is standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    content: str | bytes = importlib.import_module(f"conformance.report.{kind}").render(result)
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"--report: {path} cannot be written: {error.strerror}") from error
