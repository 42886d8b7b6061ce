"""Seed data: validated by its schema and in itself, then inserted into a sandbox as a whole."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from mockserver.errors import ConfigurationError
from mockserver.sandbox.resources import insert_seeds
from mockserver.sandbox.sandbox import Sandbox
from mockserver.store.base import NewRecord
from mockserver.timestamps import parse_duration
from specs import Contract
from specs.explanation import FileShape
from specs.schema import to_json_schemas

_COMMON_SCHEMA = Path(__file__).with_name("seed.schema.json")


def _is_duration(text: str, *, at_least: int = 0) -> bool:
    try:
        return parse_duration(text) >= at_least
    except ValueError:
        return False


_FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "ISO 8601 duration": _is_duration,
        "positive ISO 8601 duration": partial(_is_duration, at_least=1),
    }
)

BuildRecords = Callable[[Mapping[str, Any], int], list[NewRecord]]
"""Returns the records of seed data, at a virtual time in milliseconds.

Raises:
    SeedError, ValueError: the data cannot be used; the text names the place and the reason.
"""


class SeedLoader:
    """Inserts the seed data of one vendor.

    `schema` may refer to the `$defs` that all vendors share, and to the schemas of the contract
    under `components`.
    """

    def __init__(self, contract: Contract, schema: Path, build_records: BuildRecords) -> None:
        self._file = f"{contract.vendor}/seed.yaml"
        self._build_records = build_records
        common = orjson.loads(_COMMON_SCHEMA.read_bytes())["$defs"]
        components = to_json_schemas(contract.openapi["components"]["schemas"])
        own = orjson.loads(schema.read_bytes())
        schemas = {**own, "$defs": common, "components": {"schemas": components}}
        self._shape = FileShape(schemas, _FORMATS)
        # Most sandboxes start with the same data at the same virtual time.
        self._last: tuple[Mapping[str, Any], int, list[NewRecord]] | None = None

    def load(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        """Insert the seed data into a sandbox, unless it is there already.

        Raises:
            ConfigurationError: the data cannot be used; the text names file, place and reason.
        """
        insert_seeds(sandbox, self.records(fixtures, sandbox.now()))

    def records(self, fixtures: Mapping[str, Any], now: int) -> list[NewRecord]:
        """Return the records of the seed data; raises what `load` raises."""
        if self._last is None or self._last[0] is not fixtures or self._last[1] != now:
            self._last = (fixtures, now, self._build(fixtures, now))
        return self._last[2]

    def _build(self, fixtures: Mapping[str, Any], now: int) -> list[NewRecord]:
        errors = [f"{self._file}: {at}: {reason}" for at, reason in self._shape.errors(fixtures)]
        if errors:
            more = f" (and {len(errors) - 1} more like it)" if len(errors) > 1 else ""
            raise ConfigurationError(f"{errors[0]}{more}")
        try:
            return self._build_records(fixtures, now)
        except (SeedError, ValueError) as error:
            raise ConfigurationError(f"{self._file}: {error}") from error


class SeedError(Exception):
    """Seed data that its schema allows but that cannot be used; names the place and the reason."""


def index_by_id(
    rows: Iterable[Mapping[str, Any]], key: str, pointer: str
) -> dict[str, dict[str, Any]]:
    """Return the rows of a list by their member `key`, as text.

    Raises:
        SeedError: two rows have the same id.
    """
    by_id: dict[str, dict[str, Any]] = {}
    for index, row in enumerate(rows):
        id_ = str(row[key])
        if id_ in by_id:
            raise SeedError(f"{pointer}/{index}/{key}: duplicate id {id_!r}")
        by_id[id_] = dict(row)
    return by_id
