"""Reads scenarios and checks them against the contract of their vendor."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.clock import Mode
from mockserver.errors import Refusal, SetupError
from mockserver.faults.reading import Reader
from mockserver.faults.rule import Rule
from mockserver.moment import from_datetime
from mockserver.scenarios.documents import read_document
from mockserver.scenarios.folders import File
from mockserver.scenarios.futures import FutureReader
from mockserver.scenarios.scenario import Scenario, Seed
from specs import Contract
from specs.files import ROOT

_SHAPE = ROOT / "meta" / "scenario.schema.json"


class ScenarioReader:
    """Reads the scenarios of all vendors, and files of fault rules."""

    def __init__(self, contracts: Mapping[str, Contract], rules: Reader) -> None:
        self._shape = jsonschema_rs.validator_for(
            json.loads(_SHAPE.read_bytes()), validate_formats=True
        )
        self._futures = {name: FutureReader(row.lifecycle) for name, row in contracts.items()}
        self._rules = rules

    def read(self, vendor: str, name: str, file: File, seed: Seed) -> Scenario:
        """Return one scenario; `seed` is the vendor's seed data.

        Raises:
            SetupError: something in the file is not valid; the text names file, place and reason.
        """
        raw = read_document(file)
        for error in self._shape.iter_errors(raw):
            place = "".join(f"/{step}" for step in error.instance_path)
            raise SetupError(f"{file.path}: {place or '/'}: {error.message.splitlines()[0]}")
        if raw["vendor"] != vendor:
            raise SetupError(f"{file.path}: /vendor: is not the folder's name, {vendor!r}")
        clock = raw.get("clock", {})
        return Scenario(
            vendor=vendor,
            name=name,
            summary=raw["summary"],
            builtin=file.builtin,
            seed=_changed(seed, raw["seed"], file.path) if "seed" in raw else None,
            futures=tuple(
                self._futures[vendor].read(row, f"{file.path}: /jobs/{number}")
                for number, row in enumerate(raw.get("jobs", ()))
            ),
            rules=self._read_rules(raw.get("faults", []), f"{file.path}: /faults", vendor),
            mode=Mode(clock["mode"]) if "mode" in clock else None,
            speed=clock.get("speed"),
            now=_moment(clock["now"], file.path) if "now" in clock else None,
        )

    def read_rules(self, file: File) -> tuple[Rule, ...]:
        """Return the rules of a file that holds nothing else: a list of them, or one.

        Raises:
            SetupError: as `read`.
        """
        raw = read_document(file)
        return self._read_rules(raw if isinstance(raw, list) else [raw], f"{file.path}: ", None)

    def forget(self) -> None:
        """Let go of what was read against identities that may have changed."""
        self._rules.forget()

    def _read_rules(self, raw: list[Any], place: str, vendor: str | None) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        for number, row in enumerate(raw):
            try:
                rules.append(self._rules.read(row, vendor))
            except Refusal as refusal:
                raise SetupError(f"{place}/{number}: {refusal.message}") from None
        return tuple(rules)


def _changed(seed: Seed, change: Mapping[str, Any], path: Path) -> Seed:
    changed = {**seed, **change.get("replace", {})}
    for name, rows in change.get("add", {}).items():
        if not isinstance(changed.get(name, []), list):
            raise SetupError(f"{path}: /seed/add/{name}: is no list in the seed data")
        changed[name] = [*changed.get(name, []), *rows]
    return changed


def _moment(text: str, path: Path) -> int:
    try:
        return from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise SetupError(f"{path}: /clock/now: {text} is no moment") from None
