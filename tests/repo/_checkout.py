"""The files of this checkout, as git sees them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files(*folders: str) -> list[Path]:
    """Every file that is tracked, or new and not ignored; of all folders or of the named ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    names = sorted(filter(None, listed.split("\0")))
    return [path for name in names if (path := ROOT / name).is_file()]


def name(path: Path) -> str:
    """The path from the root of the checkout, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    """The file's text; what is not UTF-8 is replaced, so that binary files can be searched too."""
    return path.read_text(encoding="utf-8", errors="replace")
