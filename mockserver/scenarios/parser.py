"""Reads scripted futures and checks them against a lifecycle: it alone says what is possible."""

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.clock import Mode
from mockserver.errors import ApiError, ConfigurationError
from mockserver.faults.model import Rule
from mockserver.faults.parser import FaultRuleParser
from mockserver.jobs.model import Schedule
from mockserver.jobs.schedule import JobScript, Occurrences, ScriptedEnd, from_steps
from mockserver.scenarios.files import File, load_yaml
from mockserver.scenarios.scenario import Scenario, Seed
from mockserver.timestamps import parse_duration, parse_timestamp
from specs import Contract, Lifecycle
from specs.files import ROOT


class JobScriptParser:
    """Reads the futures of one vendor's jobs."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._usual = from_steps(lifecycle.timeline)
        self._edges = {(edge.start, edge.end) for edge in lifecycle.edges}

    def read(self, raw: Mapping[str, Any], place: str) -> JobScript:
        """Return one future.

        Raises:
            ConfigurationError: the lifecycle does not have it so; `place` says where.
        """
        plan = self._plan(raw["plan"], f"{place}/plan") if "plan" in raw else None
        base = plan or self._usual
        if "stuck" in raw:
            self._on_the_way(raw["stuck"], base, f"{place}/stuck")
        return JobScript(
            occurrences=Occurrences(raw.get("nth"), raw.get("after"), raw.get("every")),
            schedule=plan,
            pace=raw.get("pace", 1.0),
            stuck_in=raw.get("stuck"),
            ending=self._ending(raw["ends"], base, f"{place}/ends") if "ends" in raw else None,
            rows=raw.get("rows"),
        )

    def _plan(self, rows: list[Mapping[str, Any]], place: str) -> Schedule:
        for number, row in enumerate(rows):
            self._known(row["state"], f"{place}/{number}/state")
            if ("lasts" in row) == (number == len(rows) - 1):
                raise ConfigurationError(
                    f"{place}/{number}/lasts: every stay has a length but the last"
                )
        if rows[0]["state"] != self._lifecycle.initial:
            raise ConfigurationError(f"{place}/0/state: a job begins as {self._lifecycle.initial}")
        for number, (here, there) in enumerate(pairwise(rows), 1):
            self._edge(here["state"], there["state"], f"{place}/{number}/state")
        return tuple(
            (row["state"], _parse(parse_duration, row["lasts"], place) if "lasts" in row else None)
            for row in rows
        )

    def _ending(self, raw: Mapping[str, Any], base: Schedule, place: str) -> ScriptedEnd:
        finite = [state for state, lasts in base if lasts is not None]
        origin = raw.get("from") or (finite[-1] if finite else base[-1][0])
        self._on_the_way(origin, base, f"{place}/from")
        self._known(raw["in"], f"{place}/in")
        self._edge(origin, raw["in"], f"{place}/in")
        after = raw.get("after")
        if origin not in finite and (after is None or after.endswith("%")):
            raise ConfigurationError(
                f"{place}/after: {origin} has no end, so this must be a duration"
            )
        if after is None:
            return ScriptedEnd(raw["in"], raw.get("from"))
        if after.endswith("%"):
            return ScriptedEnd(raw["in"], raw.get("from"), part=_part(after, f"{place}/after"))
        return ScriptedEnd(
            raw["in"], raw.get("from"), lasts=_parse(parse_duration, after, f"{place}/after")
        )

    def _known(self, state: str, place: str) -> None:
        if state not in self._lifecycle.states:
            known = ", ".join(self._lifecycle.states)
            raise ConfigurationError(f"{place}: there is no state {state!r}; known: {known}")

    def _on_the_way(self, state: str, plan: Schedule, place: str) -> None:
        self._known(state, place)
        names = [name for name, _ in plan]
        if state not in names:
            raise ConfigurationError(
                f"{place}: a job does not come by {state}, but by {', '.join(names)}; write a plan"
            )

    def _edge(self, start: str, end: str, place: str) -> None:
        if (start, end) not in self._edges:
            ways = ", ".join(sorted(to for here, to in self._edges if here == start)) or "nothing"
            raise ConfigurationError(f"{place}: {start} is followed by {ways}, not by {end}")


def _part(text: str, place: str) -> float:
    part = float(text.removesuffix("%")) / 100
    if part > 1:
        raise ConfigurationError(f"{place}: {text} is more than all of it")
    return part


def _parse(parse: Callable[[str], int], text: str, place: str) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{place}: {text!r} {error}") from None


_SHAPE = ROOT / "meta" / "scenario.schema.json"


class ScenarioParser:
    """Reads the scenarios of all vendors, and files of fault rules."""

    def __init__(self, contracts: Mapping[str, Contract], rules: FaultRuleParser) -> None:
        self._shape = jsonschema_rs.validator_for(
            json.loads(_SHAPE.read_bytes()), validate_formats=True
        )
        self._futures = {name: JobScriptParser(row.lifecycle) for name, row in contracts.items()}
        self._rules = rules

    def read(self, vendor: str, name: str, file: File, seed: Seed) -> Scenario:
        """Return one scenario; `seed` is the vendor's seed data.

        Raises:
            ConfigurationError: the file is not valid; the text names file, place and reason.
        """
        raw = load_yaml(file)
        for error in self._shape.iter_errors(raw):
            place = "".join(f"/{step}" for step in error.instance_path)
            raise ConfigurationError(
                f"{file.path}: {place or '/'}: {error.message.splitlines()[0]}"
            )
        if raw["vendor"] != vendor:
            raise ConfigurationError(f"{file.path}: /vendor: is not the folder's name, {vendor!r}")
        clock = raw.get("clock", {})
        return Scenario(
            vendor=vendor,
            name=name,
            summary=raw["summary"],
            builtin=file.builtin,
            seed=_changed(seed, raw["seed"], file.path) if "seed" in raw else None,
            scripts=tuple(
                self._futures[vendor].read(row, f"{file.path}: /jobs/{number}")
                for number, row in enumerate(raw.get("jobs", ()))
            ),
            rules=self._read_rules(raw.get("faults", []), f"{file.path}: /faults", vendor),
            mode=Mode(clock["mode"]) if "mode" in clock else None,
            speed=clock.get("speed"),
            now=_parse(parse_timestamp, clock["now"], f"{file.path}: /clock/now")
            if "now" in clock
            else None,
        )

    def read_rules(self, file: File) -> tuple[Rule, ...]:
        """Return the rules of a file that holds nothing else: a list of them, or one.

        Raises:
            ConfigurationError: as `read`.
        """
        raw = load_yaml(file)
        return self._read_rules(raw if isinstance(raw, list) else [raw], f"{file.path}: ", None)

    def forget(self) -> None:
        """Let go of what was read against identities that may have changed."""
        self._rules.forget()

    def _read_rules(self, raw: list[Any], place: str, vendor: str | None) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        for number, row in enumerate(raw):
            try:
                rules.append(self._rules.read(row, vendor))
            except ApiError as refusal:
                raise ConfigurationError(f"{place}/{number}: {refusal.message}") from None
        return tuple(rules)


def _changed(seed: Seed, change: Mapping[str, Any], path: Path) -> Seed:
    changed = {**seed, **change.get("replace", {})}
    for name, rows in change.get("add", {}).items():
        if not isinstance(changed.get(name, []), list):
            raise ConfigurationError(f"{path}: /seed/add/{name}: is no list in the seed data")
        changed[name] = [*changed.get(name, []), *rows]
    return changed
