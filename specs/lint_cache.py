"""Record which contract files have passed the lint, so that a start need not lint them again.

What passed is an empty file named by a digest of the files' content and of the lint's source. It
is looked for in two folders: `specs/_lint_passed`, which the build of a wheel fills (see
`hatch_build.py`), and the user's cache folder, which a start in a checkout fills.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from specs.errors import SpecError, SpecIssue
from specs.files import ROOT

BUILT_IN = ROOT / "_lint_passed"
VARIABLE = "REPORT_CONTRACTS_CACHE"


@dataclass(frozen=True, slots=True)
class LintCache:
    """The folders that are searched for a digest, and the one that a new digest is written to."""

    read: tuple[Path, ...] = ()
    write: Path | None = None

    def has(self, digest: str) -> bool:
        """Return True if the files of `digest` have passed this lint."""
        return any((folder / digest).is_file() for folder in self.read)

    def add(self, digest: str) -> None:
        """Record that the files of `digest` passed; a folder that cannot be written is ignored."""
        if self.write is not None:
            with suppress(OSError):
                self.write.mkdir(parents=True, exist_ok=True)
                (self.write / digest).touch()


NO_CACHE = LintCache()


def in_folder(folder: Path) -> LintCache:
    """Return a cache that is kept in `folder` alone."""
    return LintCache(read=(folder,), write=folder)


def of_user(environment: Mapping[str, str] = os.environ) -> LintCache:
    """Return the cache in the user's folder, together with what the wheel's build recorded.

    See `cache_folder`; where there is none, nothing is written.
    """
    folder = cache_folder(environment)
    return LintCache(read=(BUILT_IN, folder) if folder else (BUILT_IN,), write=folder)


def digest_of(files: Iterable[Path], *, own: bool = False) -> str:
    """Return a digest of the files' content and of everything that the lint's verdict rests on.

    `own` is True for the files of a user's vendor, which the lint asks less of.

    Raises:
        SpecError: a file cannot be read.
    """
    digest = hashlib.sha256(_lint_digest() + (b"own" if own else b""))
    for path in sorted(files):
        # The folder's name is linted too: it must be the `vendor` of the file.
        digest.update(_block(f"{path.parent.name}/{path.name}", path))
    return digest.hexdigest()


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the user's cache folder, None without a home directory.

    It is `REPORT_CONTRACTS_CACHE`, else `report-contracts` in `XDG_CACHE_HOME`, else in `~/.cache`.
    Where the first cannot be a folder (`/dev/null`), nothing is kept.
    """
    if named := environment.get(VARIABLE):
        return Path(named)
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():  # the XDG specification: a relative path is ignored
        return base / "report-contracts"
    try:
        return Path.home() / ".cache" / "report-contracts"
    except RuntimeError:
        return None


@cache
def _lint_digest() -> bytes:
    """Return a digest of the lint's source, for it has 200 kilobytes."""
    files = (*ROOT.glob("*.py"), *ROOT.glob("lint/*.py"), *ROOT.glob("meta/*.json"))
    blocks = (_block(path.relative_to(ROOT).as_posix(), path) for path in sorted(files))
    return hashlib.sha256(b"".join(blocks)).digest()


def _block(name: str, path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpecError([SpecIssue(str(path), "file", error.strerror or str(error))]) from error
    return f"{name} {len(content)}\n".encode() + content
