"""Parse scenario files, and check their job scripts against the vendor's lifecycle."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from mockserver.clock import Mode
from mockserver.errors import ApiError, ConfigurationError
from mockserver.faults.model import Rule
from mockserver.faults.parser import FaultRuleParser
from mockserver.jobs import Schedule
from mockserver.jobs.schedule import JobScript, Occurrences, ScriptedEnd, from_steps
from mockserver.scenarios import Scenario, Seed
from mockserver.scenarios.files import File, load_yaml
from mockserver.timestamps import parse_duration, parse_timestamp
from specs import Contract, Lifecycle
from specs.explanation import FileShape
from specs.files import ROOT


class JobScriptParser:
    """Parses the job scripts of one vendor."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._default = from_steps(lifecycle.timeline)
        self._edges = {(edge.start, edge.end) for edge in lifecycle.edges}

    def read(self, raw: Mapping[str, Any], location: str) -> JobScript:
        """Return one job script.

        Raises:
            ConfigurationError: the lifecycle does not allow it; `location` says where.
        """
        occurrences = Occurrences(raw.get("nth"), raw.get("after"), raw.get("every"))
        if contradiction := occurrences.contradiction():
            raise ConfigurationError(f"{location}/nth: {contradiction}")
        schedule = self._schedule(raw["plan"], f"{location}/plan") if "plan" in raw else None
        base = schedule or self._default
        if "stuck" in raw:
            self._check_in_schedule(raw["stuck"], base, f"{location}/stuck")
        return JobScript(
            occurrences=occurrences,
            schedule=schedule,
            pace=raw.get("pace", 1.0),
            stuck_in=raw.get("stuck"),
            ending=self._ending(raw["ends"], base, f"{location}/ends") if "ends" in raw else None,
            rows=raw.get("rows"),
        )

    def _schedule(self, rows: list[Mapping[str, Any]], location: str) -> Schedule:
        for number, row in enumerate(rows):
            self._check_known(row["state"], f"{location}/{number}/state")
            if ("lasts" in row) == (number == len(rows) - 1):
                raise ConfigurationError(
                    f"{location}/{number}/lasts: required for every state but the last"
                )
        if rows[0]["state"] != self._lifecycle.initial:
            raise ConfigurationError(
                f"{location}/0/state: must be the initial state {self._lifecycle.initial}"
            )
        for number, (row, following) in enumerate(pairwise(rows), 1):
            self._check_edge(row["state"], following["state"], f"{location}/{number}/state")
        return tuple(
            (
                row["state"],
                _parse(parse_duration, row["lasts"], location) if "lasts" in row else None,
            )
            for row in rows
        )

    def _ending(self, raw: Mapping[str, Any], base: Schedule, location: str) -> ScriptedEnd:
        finite = [state for state, lasts in base if lasts is not None]
        origin = raw.get("from") or (finite[-1] if finite else base[-1][0])
        self._check_in_schedule(origin, base, f"{location}/from")
        self._check_known(raw["in"], f"{location}/in")
        self._check_edge(origin, raw["in"], f"{location}/in")
        after = raw.get("after")
        if origin not in finite and (after is None or after.endswith("%")):
            raise ConfigurationError(
                f"{location}/after: must be a duration, because {origin} is a terminal state"
            )
        end = ScriptedEnd(raw["in"], raw.get("from"))
        if after is None:
            return end
        if after.endswith("%"):
            return replace(end, part=_fraction(after, f"{location}/after"))
        return replace(end, lasts=_parse(parse_duration, after, f"{location}/after"))

    def _check_known(self, state: str, location: str) -> None:
        if state not in self._lifecycle.states:
            known = ", ".join(self._lifecycle.states)
            raise ConfigurationError(f"{location}: unknown state {state[:80]!r}; known: {known}")

    def _check_in_schedule(self, state: str, schedule: Schedule, location: str) -> None:
        self._check_known(state, location)
        names = [name for name, _ in schedule]
        if state not in names:
            raise ConfigurationError(
                f"{location}: {state} is not in the plan ({', '.join(names)}); write a plan"
            )

    def _check_edge(self, start: str, end: str, location: str) -> None:
        if (start, end) not in self._edges:
            allowed = (
                ", ".join(sorted(to for state, to in self._edges if state == start)) or "nothing"
            )
            raise ConfigurationError(
                f"{location}: no transition from {start} to {end}; allowed: {allowed}"
            )


def usual_scenarios(contract: Contract) -> dict[str, Scenario]:
    """Return the scenarios that a user's vendor has without a file, as its lifecycle allows."""
    lifecycle = contract.lifecycle
    working = [stage.state for stage in lifecycle.timeline if stage.seconds is not None]
    working = [state for state in working if not lifecycle.states[state].file]
    failures = [
        (edge.start, edge.end)
        for edge in lifecycle.edges
        if edge.by == "time" and edge.start in working and not lifecycle.states[edge.end].file
        if edge.end not in working and lifecycle.states[edge.end].final
    ]
    scripts = {
        "quick": ("Jobs finish at once.", JobScript(pace=0)),
        "slow": ("Jobs are sixty times as slow as usual.", JobScript(pace=60)),
        "no-rows": ("The files have no rows.", JobScript(rows=0)),
    }
    if working:
        last = working[-1]
        scripts["stuck"] = (f"Jobs stay {last} forever.", JobScript(stuck_in=last))
    if failures:
        start, end = failures[-1]
        ending = ScriptedEnd(end, start, part=0.6)
        scripts["fails"] = (f"Jobs end as {end}.", JobScript(ending=ending))
    return {
        name: Scenario(contract.vendor, name, summary, builtin=True, scripts=(script,))
        for name, (summary, script) in scripts.items()
    }


def _fraction(text: str, location: str) -> float:
    part = float(text.removesuffix("%")) / 100
    if part > 1:
        raise ConfigurationError(f"{location}: {text} must be at most 100%")
    return part


def _parse(parse: Callable[[str], int], text: str, location: str) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{location}: {text[:80]!r} {error}") from None


_SHAPE = ROOT / "meta" / "scenario.schema.json"


class ScenarioParser:
    """Parses the scenarios of all vendors, and files of fault rules."""

    def __init__(self, contracts: Mapping[str, Contract], rules: FaultRuleParser) -> None:
        self._shape = FileShape(json.loads(_SHAPE.read_bytes()))
        self._scripts = {name: JobScriptParser(row.lifecycle) for name, row in contracts.items()}
        self._rules = rules

    def read(self, vendor: str, name: str, file: File, seed: Seed) -> Scenario:
        """Return one scenario; `seed` is the vendor's seed data.

        Raises:
            ConfigurationError: the file is invalid; the text names file, location and reason.
        """
        raw = load_yaml(file)
        for place, reason in self._shape.errors(raw):
            raise ConfigurationError(f"{file.path}: {place}: {reason}")
        if raw["vendor"] != vendor:
            raise ConfigurationError(f"{file.path}: /vendor: must be the folder's name, {vendor!r}")
        clock = raw.get("clock", {})
        return Scenario(
            vendor=vendor,
            name=name,
            summary=raw["summary"],
            builtin=file.builtin,
            seed=_with_changes(seed, raw["seed"], file.path) if "seed" in raw else None,
            scripts=tuple(
                self._scripts[vendor].read(row, f"{file.path}: /jobs/{number}")
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
        """Return the rules of a file with a list of rules or a single one.

        Raises:
            ConfigurationError: as `read`.
        """
        raw = load_yaml(file)
        return self._read_rules(raw if isinstance(raw, list) else [raw], f"{file.path}: ", None)

    def forget(self) -> None:
        """Clear caches that depend on identities, which may have changed."""
        self._rules.forget()

    def _read_rules(self, raw: list[Any], location: str, vendor: str | None) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        for number, row in enumerate(raw):
            try:
                rules.append(self._rules.read(row, vendor))
            except ApiError as error:
                raise ConfigurationError(f"{location}/{number}: {error.message}") from None
        return tuple(rules)


def _with_changes(seed: Seed, change: Mapping[str, Any], path: Path) -> Seed:
    changed = {**seed, **change.get("replace", {})}
    for name, rows in change.get("add", {}).items():
        if not isinstance(changed.get(name, []), list):
            raise ConfigurationError(f"{path}: /seed/add/{name}: must be a list in the seed data")
        changed[name] = [*changed.get(name, []), *rows]
    return changed
