"""YAML files of the user: read within limits, so that none can hang or crash the suite."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from conformance.errors import UsageError
from specs import SpecError, read_yaml
from specs.explanation import FileShape

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 50
# Counted with every alias replaced by what it stands for.
MAX_VALUES: Final = 100_000
MAX_MESSAGE: Final = 300


def read_user_yaml(file: Path, option: str) -> Any:
    """Return the content of a YAML file as JSON types; `option` is the flag that named it.

    Raises:
        UsageError: it cannot be read, is not YAML, or is too large, too deep or recursive.
    """
    try:
        if not file.is_file():
            raise UsageError(f"{option}: {file}: is not a regular file")
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{option}: {file}: is larger than {MAX_BYTES} bytes")
        _check_size(file.read_bytes(), f"{option}: {file}")
        return read_yaml(file)
    except SpecError as error:
        raise UsageError(f"{option}: {_one_line(error)}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{option}: {file}: line {line}: {error.problem}") from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or _one_line(error)
        raise UsageError(f"{option}: {file}: {reason}") from None


def first_invalid(
    schema: dict[str, Any], value: Any, file: Path, option: str
) -> tuple[str, str] | None:
    """Return place and reason of the first departure from a JSON schema, None without one.

    Raises:
        UsageError: the value has something that JSON does not have.
    """
    try:
        for place, reason in FileShape(schema).errors(value):
            return place, _one_line(reason)
    except (ValueError, TypeError, OverflowError) as error:
        raise UsageError(f"{option}: {file}: {_one_line(error)}") from None
    return None


def _one_line(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= MAX_MESSAGE else f"{line[:MAX_MESSAGE]}…"


@dataclass(slots=True)
class _Collection:
    """A collection whose end is not reached: its anchor, and how many values it has so far."""

    anchor: str | None
    values: int = 1


@dataclass(slots=True)
class _Sizes:
    """Counts the values of a document from its events, before anything is built of it."""

    place: str
    open: list[_Collection] = field(default_factory=lambda: [_Collection(None)])
    anchors: dict[str, int] = field(default_factory=dict)

    def add(self, event: yaml.Event) -> None:
        """Count an event.

        Raises:
            UsageError: the document is too deep, too large or recursive.
        """
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append(_Collection(event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.open.pop()
            self._count(done.anchor, done.values)
        elif isinstance(event, yaml.ScalarEvent):
            self._count(event.anchor, 1)
        elif isinstance(event, yaml.AliasEvent):
            if any(collection.anchor == event.anchor for collection in self.open):
                raise self._error(event, f"the alias *{event.anchor} contains itself")
            self._count(None, self.anchors.get(event.anchor or "", 1))
        if len(self.open) > MAX_DEPTH + 1:
            raise self._error(event, f"more than {MAX_DEPTH} levels")
        if self.open[-1].values > MAX_VALUES:
            raise self._error(event, f"more than {MAX_VALUES} values, with its aliases replaced")

    def _count(self, anchor: str | None, values: int) -> None:
        self.open[-1].values += values
        if anchor is not None:
            self.anchors[anchor] = values

    def _error(self, event: yaml.Event, problem: str) -> UsageError:
        line = event.start_mark.line + 1 if event.start_mark else 1
        return UsageError(f"{self.place}: line {line}: {problem}")


def _check_size(content: bytes, place: str) -> None:
    sizes = _Sizes(place)
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        sizes.add(event)
