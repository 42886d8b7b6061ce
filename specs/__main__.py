"""`python -m specs` lints every contract file; exit code 1 if there is an issue.

`python -m specs --write` then updates the generated sections of `specs/README.md`.
"""

import sys

from specs import readme
from specs.files import vendors
from specs.lint import check_all
from specs.lint.plugins import check_plugins


def main() -> int:
    """Print the issues, or one line if there are none."""
    issues = check_all() or check_plugins()
    for issue in issues:
        print(issue, file=sys.stderr)
    if issues:
        return 1
    print(f"specs: {', '.join(vendors())} and control: no issues")
    if "--write" in sys.argv[1:]:
        text = readme.update(readme.README.read_text(encoding="utf-8"))
        readme.README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
