"""Find and read the contract files and the fixtures."""

import pickle
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from specs import profile as profiles
from specs.errors import SpecError, SpecIssue
from specs.own import complete_openapi

ROOT = Path(__file__).parent
DOCUMENTED = "documented"
OBSERVED = "observed"
PROFILES = (DOCUMENTED, OBSERVED)
CONTROL = "control"  # the folder of the mock's own control plane
SLUG = re.compile(r"[a-z][a-z0-9-]*")
RESERVED = (CONTROL, "default", "generic", "meta", "nobody")


def vendors(root: Path = ROOT) -> tuple[str, ...]:
    """Return the slugs of the vendors that have a lifecycle, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in root.glob("*/lifecycle.yaml")))


def vendor_folders(extra: Iterable[Path] = ()) -> Mapping[str, Path]:
    """Return the folder of each vendor by its slug: those of this package, then the user's own.

    A folder of `extra` is a vendor itself (it has an openapi.yaml or a lifecycle.yaml), or has
    folders that are. A user's vendor replaces the one of this package with the same name.

    Raises:
        SpecError: a folder is missing, has no vendor, or its name is not a slug; or two of the
            user's folders have the same name.
    """
    folders = {name: ROOT / name for name in vendors()}
    own: dict[str, Path] = {}
    issues: list[SpecIssue] = []
    for folder in (path for given in extra for path in _own_folders(given, issues)):
        slug = folder.resolve().name
        if not SLUG.fullmatch(slug) or slug in RESERVED:
            reason = "a vendor's folder is named in a-z, 0-9 and -, with a letter first"
            reserved = f"the name is reserved: {', '.join(RESERVED)}"
            issues.append(
                SpecIssue(str(folder), "folder", reserved if slug in RESERVED else reason)
            )
        elif slug in own and own[slug].resolve() != folder.resolve():
            issues.append(SpecIssue(str(folder), "folder", f"duplicate: there is {own[slug]} too"))
        own.setdefault(slug, folder)
    if issues:
        raise SpecError(issues)
    return {**folders, **own}


def is_own(folder: Path) -> bool:
    """Return True for a vendor's folder that is not one of this package."""
    return folder.resolve().parent != ROOT.resolve()


def leaves_out(folder: Path) -> bool:
    """Return True for a user's vendor whose openapi.yaml has none of what this package's state."""
    file = folder / "openapi.yaml"
    return is_own(folder) and file.is_file() and b"x-vendor" not in file.read_bytes()


def _own_folders(given: Path, issues: list[SpecIssue]) -> list[Path]:
    """Return the vendors' folders in `given`, or `given` itself."""
    if not given.is_dir():
        issues.append(SpecIssue(str(given), "folder", "there is no such folder"))
        return []
    if _is_vendor(given):
        return [given]
    found = sorted(path for path in given.iterdir() if path.is_dir() and _is_vendor(path))
    if not found:
        reason = "no vendor: neither it nor a folder in it has openapi.yaml and lifecycle.yaml"
        issues.append(SpecIssue(str(given), "folder", reason))
    return found


def _is_vendor(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("openapi.yaml", "lifecycle.yaml"))


def control_root(root: Path) -> Path:
    """Return the folder with the control plane's contract: `root`, or else this package."""
    return root if (root / CONTROL).is_dir() else ROOT


def fixtures(root: Path = ROOT) -> Path:
    """Return the folder of the fixtures: beside `specs` in a checkout, inside it in a wheel."""
    inside = root / "_fixtures"
    return inside if inside.is_dir() else root.parent / "fixtures"


class _Loader(yaml.CSafeLoader):
    """Safe YAML with the types of JSON: no dates, no keys but strings, and no duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a string", key.start_mark
                )
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"duplicate key {key.value!r}", key.start_mark
                )
            seen.add(key.value)
            if key.tag != "tag:yaml.org,2002:merge":
                key.tag = "tag:yaml.org,2002:str"  # as in JSON: the key 200 is the text "200"
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, regexp) for tag, regexp in rules if tag != "tag:yaml.org,2002:timestamp"]
    for letter, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file as JSON types.

    Raises:
        SpecError: the file is missing, is not UTF-8, is not YAML, or has a duplicate key, or is
            nested too deeply.
    """
    try:
        return pickle.loads(_parse(path.read_text(encoding="utf-8")))  # noqa: S301  (our own)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError([SpecIssue(str(path), f"line {line}", str(error.problem))]) from error
    except OSError as error:
        raise SpecError([SpecIssue(str(path), "file", error.strerror or str(error))]) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SpecError([SpecIssue(str(path), "file", " ".join(str(error).split()))]) from error
    except RecursionError as error:
        raise SpecError([SpecIssue(str(path), "file", "is nested too deeply")]) from error


@lru_cache(maxsize=128)
def _parse(text: str) -> bytes:
    """Return the content of a YAML text, ready to be copied: parsing is half of a mock's start."""
    return pickle.dumps(yaml.load(text, Loader=_Loader))  # noqa: S506


def read_openapi(vendor: str, profile: str, root: Path = ROOT) -> dict[str, Any]:
    """Return an openapi.yaml of this package, not linted, with `profile` applied.

    Raises:
        SpecError: see `read_yaml`.
    """
    document: dict[str, Any] = profiles.apply(read_yaml(root / vendor / "openapi.yaml"), profile)
    return document


def in_profile(openapi: Any, profile: str, own: str | None) -> Any:
    """Return the content of an openapi.yaml with `profile` applied.

    `own` is the slug of a user's vendor, whose document may leave things out; else None.
    """
    document = profiles.apply(openapi, profile)
    return document if own is None else complete_openapi(document, own)


def walk(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping in a document with its place, a JSON pointer."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            yield from walk(value, f"{place}/{str(key).replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{place}/{index}")
