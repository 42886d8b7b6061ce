"""Lint contract files: `python -m specs [FOLDER]`.

FOLDER has a folder for each vendor, with openapi.yaml, lifecycle.yaml and requirements.yaml; this
package is the default. Exit code 1 if there is an issue, 2 if there is nothing to lint.
`python -m specs --write` then updates the generated sections of `specs/README.md`.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from specs import readme
from specs.files import ROOT, vendors
from specs.lint import check_all
from specs.lint.plugins import check_plugins


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the issues, or one line if there are none."""
    parser = ArgumentParser(prog="python -m specs", description="Lint contract files.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=ROOT, help="a folder with a folder for each vendor"
    )
    parser.add_argument(
        "--write", action="store_true", help="update the generated sections of specs/README.md"
    )
    options = parser.parse_args(arguments)
    if not (names := vendors(options.folder)):
        parser.error(f"{options.folder}: no folder in it has a lifecycle.yaml")
    issues = check_all(options.folder) or check_plugins(options.folder)
    for issue in issues:
        print(issue, file=sys.stderr)
    if issues:
        return 1
    print(f"specs: {', '.join(names)} and control: no issues")
    if options.write:
        text = readme.update(readme.README.read_text(encoding="utf-8"))
        readme.README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
