"""Which contract files are known to be without fault, so that a start need not check them again.

`checked.json` holds a digest of each vendor's files, of the meta-schemas and of the lint itself.
Any other content is checked in full before it is used.
"""

import hashlib
import json
from pathlib import Path

from specs.files import ROOT, vendors

STAMP = ROOT / "checked.json"


def digest(vendor: str, root: Path = ROOT) -> str:
    """Return the digest of everything that the verdict on `vendor` depends on."""
    found = hashlib.sha256()
    own = (root / vendor).glob("*.yaml")
    ours = (*ROOT.glob("*.py"), *(ROOT / "lint").glob("*.py"), *(ROOT / "meta").glob("*.json"))
    for path in (*sorted(own), *sorted(ours)):
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def is_known(vendor: str, root: Path = ROOT) -> bool:
    """Return whether the files of `vendor` are those that were found without fault."""
    try:
        known = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(known.get(vendor) == digest(vendor, root))


def render(root: Path = ROOT) -> str:
    """Return the stamp of the present files."""
    return json.dumps({vendor: digest(vendor, root) for vendor in vendors(root)}, indent=2) + "\n"
