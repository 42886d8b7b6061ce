"""Find and read the contract files and the fixtures."""

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml

from specs import profile as profiles
from specs.errors import SpecError, SpecIssue

ROOT = Path(__file__).parent
DOCUMENTED = "documented"
OBSERVED = "observed"
PROFILES = (DOCUMENTED, OBSERVED)
CONTROL = "control"  # the folder of the mock's own control plane


def vendors(root: Path = ROOT) -> tuple[str, ...]:
    """Return the slugs of the vendors that have a lifecycle, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in root.glob("*/lifecycle.yaml")))


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
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, regexp) for tag, regexp in rules if tag != "tag:yaml.org,2002:timestamp"]
    for letter, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file as JSON types.

    Raises:
        SpecError: the file is missing, is not UTF-8, is not YAML, or has a duplicate key.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError([SpecIssue(str(path), f"line {line}", str(error.problem))]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SpecError([SpecIssue(str(path), "file", str(error))]) from error


def read_openapi(vendor: str, profile: str, root: Path = ROOT) -> dict[str, Any]:
    """Return an openapi.yaml, not linted, with `profile` applied.

    Raises:
        SpecError: see `read_yaml`.
    """
    document: dict[str, Any] = profiles.apply(read_yaml(root / vendor / "openapi.yaml"), profile)
    return document


def walk(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping in a document with its place, a JSON pointer."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            yield from walk(value, f"{place}/{str(key).replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{place}/{index}")
