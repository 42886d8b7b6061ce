"""`python -m specs` checks every contract file and names each fault; exit 1 if there is any.

`python -m specs --pictures` draws the lifecycles into `specs/README.md` again.
"""

import sys

from specs import picture
from specs.files import vendors
from specs.lint import check_all


def main() -> int:
    """Print the faults, or one line that there are none."""
    if "--pictures" in sys.argv[1:]:
        text = picture.README.read_text(encoding="utf-8")
        picture.README.write_text(picture.update(text), encoding="utf-8")
    faults = check_all()
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"specs: {', '.join(vendors())} and control: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
