"""The fixture files of a server: the built-in ones, overridden by the user's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from mockserver.errors import ConfigurationError
from specs import SpecError, read_yaml

SCENARIOS = "scenarios"
IDENTITIES = "identities.yaml"
SEED = "seed.yaml"

_FIXTURE_FILES = (IDENTITIES, SEED, "target.yaml")
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

State = tuple[tuple[str, int, int], ...]
"""Identifies the version of files: path, modification time in ns, and size in bytes of each."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, and the folder that its links must not leave."""

    path: Path
    root: Path
    builtin: bool


@dataclass(frozen=True, slots=True)
class FixturePaths:
    """Finds files by vendor; a user's file overrides the built-in one of the same name.

    `fixtures` is laid out like the built-in folder `base`; `scenarios` has a folder a vendor.
    `faults` is a file of rules for every sandbox. `own` has the fixtures of a user's vendors, which
    may lack any of the files.
    """

    base: Path
    fixtures: Path | None
    scenarios: Path | None
    vendors: tuple[str, ...]
    faults: Path | None = None
    own: Mapping[str, Path] = field(default_factory=dict)

    def check(self) -> None:
        """Check the layout of the user's folders.

        Raises:
            ConfigurationError: a folder or file in one is unknown; the text names it.
        """
        for option, root in (("--fixtures", self.fixtures), ("--scenarios", self.scenarios)):
            if root is None:
                continue
            if not root.is_dir():
                raise ConfigurationError(f"{option} {root}: no such folder")
            known = ", ".join(self.vendors)
            for path in _visible(root):
                if path.is_dir() and path.name not in self.vendors:
                    raise ConfigurationError(f"{path}: unknown vendor; known: {known}")
                if path.is_dir() and root is self.fixtures:
                    _check_names(path)
                elif path.suffix in _SUFFIXES:
                    raise ConfigurationError(
                        f"{path}: file: must be in a vendor's folder of {root}; known: {known}"
                    )
        for folder in self.own.values():
            if folder.is_dir():
                _check_names(folder)

    def find(self, vendor: str, name: str) -> File | None:
        """Return the identities or seed file of a vendor, None where a user's vendor has none."""
        if self.fixtures is not None:
            override = self.fixtures / vendor / name
            if override.exists() or override.is_symlink():
                return File(override, self.fixtures, builtin=False)
        if vendor in self.own:
            path = self.own[vendor] / name
            found = path.exists() or path.is_symlink()
            return File(path, self.own[vendor], builtin=False) if found else None
        return File(self.base / vendor / name, self.base, builtin=True)

    def scenarios_of(self, vendor: str) -> Mapping[str, File]:
        """Return the scenarios of a vendor by name.

        Raises:
            ConfigurationError: the name of a file is not a valid scenario name.
        """
        files: dict[str, File] = {}
        for root, folder in self._scenario_folders(vendor):
            for path in _visible(folder) if folder.is_dir() else ():
                if path.suffix != ".yaml" or not _NAME.fullmatch(path.stem):
                    raise ConfigurationError(
                        f"{path}: file: must be named with 1 to 40 lower-case letters, digits and "
                        "hyphens, and end in .yaml"
                    )
                files[path.stem] = File(path, root, builtin=root is self.base)
        return dict(sorted(files.items()))

    def state(self) -> State:
        """Return the version of all files."""
        folders = [
            folder
            for vendor in self.vendors
            for folder in (
                *self._folders(vendor),
                *(folder for _, folder in self._scenario_folders(vendor)),
            )
        ]
        files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
        return tuple(map(_stamp, [*files, self.faults] if self.faults else files))

    def _folders(self, vendor: str) -> Iterator[Path]:
        yield self.own.get(vendor, self.base / vendor)
        if self.fixtures is not None:
            yield self.fixtures / vendor

    def _scenario_folders(self, vendor: str) -> Iterator[tuple[Path, Path]]:
        if vendor in self.own:
            yield self.own[vendor], self.own[vendor] / SCENARIOS
        else:
            yield self.base, self.base / vendor / SCENARIOS
        if self.fixtures is not None:
            yield self.fixtures, self.fixtures / vendor / SCENARIOS
        if self.scenarios is not None:
            yield self.scenarios, self.scenarios / vendor


def _check_names(folder: Path) -> None:
    for path in _visible(folder):
        if path.suffix in _SUFFIXES and path.name not in _FIXTURE_FILES:
            raise ConfigurationError(
                f"{path}: file: unknown file; known: {', '.join(_FIXTURE_FILES)}"
            )


def _visible(folder: Path) -> list[Path]:
    """Return the entries of a folder except hidden and Markdown files, sorted."""
    return sorted(path for path in folder.iterdir() if path.name[0] != "." and path.suffix != ".md")


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:  # a dangling link
        return str(path), 0, 0
    return str(path), status.st_mtime_ns, status.st_size


MAX_FILE_BYTES = 1024 * 1024
"""Size of a fixture file."""

MAX_DEPTH = 50
"""Nesting of lists and objects."""

MAX_ALIASES = 2000
MAX_VALUES = 200_000
"""Values in a file after its aliases are expanded."""

_MERGE = "tag:yaml.org,2002:merge"


def load_yaml(file: File) -> Any:
    """Return the content of a YAML file as JSON types; limits apply to the user's files.

    Raises:
        ConfigurationError: it is invalid; the text names file, location and reason.
    """
    try:
        if not file.builtin:
            _check_location(file)
            _check_events(file.path)
            _check_merges(file.path)
        document = read_yaml(file.path)
    except SpecError as error:
        raise ConfigurationError(str(error)) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{file.path}: line {line}: {error.problem}") from None
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ConfigurationError(f"{file.path}: file: {reason}") from None
    if location := next(_non_json_values(document), None):
        raise ConfigurationError(f"{file.path}: {location}")
    return document


def _check_location(file: File) -> None:
    try:
        within = file.path.resolve(strict=True).is_relative_to(file.root.resolve())
    except RuntimeError:
        raise ConfigurationError(f"{file.path}: file: has circular links") from None
    if not within:
        raise ConfigurationError(
            f"{file.path}: file: links outside {file.root}; copy the file there"
        )
    if not file.path.is_file():
        raise ConfigurationError(f"{file.path}: file: must be a regular file")
    if file.path.stat().st_size > MAX_FILE_BYTES:
        raise ConfigurationError(f"{file.path}: file: is larger than {MAX_FILE_BYTES} bytes")


def _check_events(path: Path) -> None:
    """Check nesting and aliases before constructing any value."""
    depth = aliases = 0
    for event in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_DEPTH or aliases > MAX_ALIASES:
            line = event.start_mark.line + 1 if event.start_mark else 1
            limit = f"{MAX_DEPTH} levels" if depth > MAX_DEPTH else f"{MAX_ALIASES} aliases"
            raise ConfigurationError(f"{path}: line {line}: must have at most {limit}")


def _check_merges(path: Path) -> None:
    """Check the size after merge keys, which copy values where other aliases only refer."""
    root = yaml.compose(path.read_bytes(), Loader=yaml.CSafeLoader)
    if root is not None:
        _merged_size(root, {}, path)


def _merged_size(node: yaml.Node, sizes: dict[int, int], path: Path) -> int:
    """Return how many values a list or an object has after merging.

    `sizes` has the nodes visited so far. Recursion is as deep as the file is nested, because an
    alias refers to a node that has been visited.
    """
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in sizes:
        sizes[id(node)] = MAX_VALUES  # until its children are visited: for a child that merges it
        rows = node.value if isinstance(node, yaml.SequenceNode) else [v for _, v in node.value]
        for row in rows:
            _merged_size(row, sizes, path)
        merged = sum(_merged_size(source, sizes, path) for source in _merged(node))
        sizes[id(node)] = len(rows) + 1 + merged
        if sizes[id(node)] > MAX_VALUES:
            line = node.start_mark.line + 1
            raise ConfigurationError(
                f"{path}: line {line}: merge keys make more than {MAX_VALUES} values"
            )
    return sizes[id(node)]


def _merged(node: yaml.Node) -> list[yaml.Node]:
    """Return the nodes that a mapping copies with merge keys."""
    if not isinstance(node, yaml.MappingNode):
        return []
    nodes: list[yaml.Node] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            nodes += value.value if isinstance(value, yaml.SequenceNode) else [value]
    return nodes


def _non_json_values(document: Any) -> Iterator[str]:
    """Yield location and reason of each value that JSON cannot represent or limits exclude."""
    values = 0
    stack: list[tuple[Any, str, int]] = [(document, "", 0)]
    while stack:
        current, location, depth = stack.pop()
        values += 1
        if values > MAX_VALUES:
            yield f"file: aliases make more than {MAX_VALUES} values"
        elif depth > MAX_DEPTH:
            yield f"{location[:80]}: an alias must not refer to its own parent"
        elif isinstance(current, dict):
            for key, value in current.items():
                if not isinstance(key, str):
                    yield f"{location}/{key}: a key must be a string; quote it"
                stack.append((value, f"{location}/{key}", depth + 1))
        elif isinstance(current, list):
            stack += [(value, f"{location}/{at}", depth + 1) for at, value in enumerate(current)]
        elif not isinstance(current, str | int | float | None) or (
            isinstance(current, float) and not isfinite(current)
        ):
            yield f"{location or '/'}: {type(current).__name__} {current} is not a JSON value"
