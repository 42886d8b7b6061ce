"""Seed data: checked against its schema and itself, then planted in a sandbox as a whole."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from mockserver.errors import ConfigurationError
from mockserver.sandbox.resources import Drafts, insert_seeds
from mockserver.sandbox.sandbox import Sandbox
from specs import Contract
from specs.schema import to_json_schemas

_COMMON = Path(__file__).with_name("seed.schema.json")
_SHOWN = 5


class SeedLoader:
    """Plants the seed data of one vendor.

    `schema` may refer to the `$defs` that all vendors share, and to the schemas of the contract
    under `components`. `drafts` makes records of data that the schema allows, and of the present.
    """

    def __init__(
        self,
        contract: Contract,
        schema: Path,
        drafts: Callable[[Mapping[str, Any], int], Drafts],
    ) -> None:
        self._place = f"{contract.vendor}/seed.yaml"
        self._drafts = drafts
        shared = orjson.loads(_COMMON.read_bytes())["$defs"]
        components = to_json_schemas(contract.openapi["components"]["schemas"])
        own = orjson.loads(schema.read_bytes())
        self._validator = jsonschema_rs.validator_for(
            {**own, "$defs": shared, "components": {"schemas": components}}, validate_formats=True
        )
        # Most sandboxes begin with the same data at the same moment.
        self._last: tuple[Mapping[str, Any], int, Drafts] | None = None

    def load(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        """Fill a sandbox; one that is filled already stays as it is.

        Raises:
            ConfigurationError: the data cannot be used; the text names file, place and reason.
        """
        now = sandbox.now()
        if self._last is None or self._last[0] is not fixtures or self._last[1] != now:
            self._last = (fixtures, now, self._read(fixtures, now))
        insert_seeds(sandbox, self._last[2])

    def _read(self, fixtures: Mapping[str, Any], now: int) -> Drafts:
        if faults := [self._tell(error) for error in self._validator.iter_errors(fixtures)]:
            raise ConfigurationError("\n".join(faults[:_SHOWN]))
        try:
            return self._drafts(fixtures, now)
        except SeedError as fault:
            raise ConfigurationError(f"{self._place}: {fault}") from fault

    def _tell(self, error: Any) -> str:
        steps = "".join(f"/{step}" for step in error.instance_path)
        reason = str(error.message).splitlines()[0]
        return f"{self._place}: {steps or '/'}: {reason}"


class SeedError(Exception):
    """Seed data of the right shape that cannot work; the text names the place and the reason."""


def index_by_id(
    rows: Iterable[Mapping[str, Any]], key: str, place: str
) -> dict[str, dict[str, Any]]:
    """Return the rows of a list by their member `key`, as text.

    Raises:
        SeedFault: two have the same.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        name = str(row[key])
        if name in found:
            raise SeedError(f"{place}/{number}/{key}: {name!r} stands twice")
        found[name] = dict(row)
    return found
