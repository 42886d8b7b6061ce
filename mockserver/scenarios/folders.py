"""Where the fixtures of a server lie: the built-in ones, with those of the user over them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mockserver.errors import SetupError

SCENARIOS = "scenarios"
IDENTITIES = "identities.yaml"
SEED = "seed.yaml"

_KNOWN = (IDENTITIES, SEED, "target.yaml")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

State = tuple[tuple[str, int, int], ...]
"""What tells whether a file has changed: path, time of change, and size."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, and the folder that it must not lead out of."""

    path: Path
    root: Path
    builtin: bool


@dataclass(frozen=True, slots=True)
class Folders:
    """Finds files by vendor. A user's file takes the place of the built-in one of its name.

    `fixtures` is laid out like the built-in folder `base`; `scenarios` has a folder a vendor.
    """

    base: Path
    fixtures: Path | None
    scenarios: Path | None
    vendors: tuple[str, ...]

    def check(self) -> None:
        """Return if the user's folders are laid out as they must be.

        Raises:
            SetupError: a folder or a file in one is not known; the text names it.
        """
        for option, root in (("--fixtures", self.fixtures), ("--scenarios", self.scenarios)):
            if root is None:
                continue
            if not root.is_dir():
                raise SetupError(f"{option} {root}: there is no such folder")
            for vendor in _visible(root):
                if vendor.is_dir() and vendor.name not in self.vendors:
                    known = ", ".join(self.vendors)
                    raise SetupError(f"{vendor}: is no vendor's folder; known: {known}")
                if vendor.is_dir() and root is self.fixtures:
                    _check_names(vendor)

    def find(self, vendor: str, name: str) -> File:
        """Return the identities or the seed data of a vendor."""
        if self.fixtures is not None:
            mine = self.fixtures / vendor / name
            if mine.exists() or mine.is_symlink():
                return File(mine, self.fixtures, builtin=False)
        return File(self.base / vendor / name, self.base, builtin=True)

    def scenarios_of(self, vendor: str) -> Mapping[str, File]:
        """Return the scenarios of a vendor by name.

        Raises:
            SetupError: a file there cannot be a scenario by its name.
        """
        found: dict[str, File] = {}
        for root, folder in self._scenario_folders(vendor):
            for path in _visible(folder) if folder.is_dir() else ():
                if path.suffix != ".yaml" or not _NAME.fullmatch(path.stem):
                    raise SetupError(
                        f"{path}: file: a scenario's name has lower-case letters, digits and "
                        "hyphens, and ends in .yaml"
                    )
                found[path.stem] = File(path, root, builtin=root is self.base)
        return dict(sorted(found.items()))

    def state(self) -> State:
        """Return what changes as soon as a file does."""
        return tuple(
            _stamp(path)
            for vendor in self.vendors
            for folder in (
                *(root / vendor for root in (self.base, self.fixtures) if root),
                *(folder for _, folder in self._scenario_folders(vendor)),
            )
            if folder.is_dir()
            for path in sorted(folder.iterdir())
        )

    @staticmethod
    def state_of(path: Path) -> State:
        """Return what changes as soon as one file does."""
        return (_stamp(path),)

    def _scenario_folders(self, vendor: str) -> Iterator[tuple[Path, Path]]:
        for root in (self.base, self.fixtures):
            if root is not None:
                yield root, root / vendor / SCENARIOS
        if self.scenarios is not None:
            yield self.scenarios, self.scenarios / vendor


def _check_names(folder: Path) -> None:
    for path in _visible(folder):
        if path.suffix in {".yaml", ".yml"} and path.name not in _KNOWN:
            raise SetupError(f"{path}: file: is not known; known: {', '.join(_KNOWN)}")


def _visible(folder: Path) -> list[Path]:
    """Return what lies in a folder, but for hidden and explaining files."""
    return sorted(path for path in folder.iterdir() if path.name[0] != "." and path.suffix != ".md")


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:  # a link that leads nowhere
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
