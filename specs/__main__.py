"""`python -m specs` checks every contract file and names each fault; exit 1 if there is any.

`python -m specs --write` then renews the pictures in `specs/README.md`.
"""

import sys

from specs import picture
from specs.files import vendors
from specs.lint import check_all


def main() -> int:
    """Print the faults, or one line that there are none."""
    faults = check_all()
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    print(f"specs: {', '.join(vendors())} and control: no faults")
    if "--write" in sys.argv[1:]:
        text = picture.update(picture.README.read_text(encoding="utf-8"))
        picture.README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
