"""The fixtures of a server, loaded and checked as a whole, and reloaded when a file changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mockserver.auth import Identity
from mockserver.auth.identities import (
    Credential,
    default_identities,
    index_by_secret,
    read_identities,
)
from mockserver.errors import ApiError, ConfigurationError
from mockserver.scenarios import InitialState, Scenario, Seed
from mockserver.scenarios.files import IDENTITIES, SEED, File, FixturePaths, State, load_yaml
from mockserver.scenarios.parser import ScenarioParser, usual_scenarios
from specs import Contract
from specs.explanation import hint

NO_SCENARIO = "none"
"""The name for no scenario."""

Check = Callable[[str, Seed], None]
"""Checks a vendor's seed data.

Raises:
    ConfigurationError: they are invalid.
"""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The content of all files but identities at one version; all but `state` by vendor."""

    state: State
    seeds: Mapping[str, Seed]
    scenarios: Mapping[str, Mapping[str, Scenario]]
    default: InitialState
    initial_states: dict[str, InitialState] = field(default_factory=dict)


class FixtureRepository:
    """The fixtures of one server; `identities` are by vendor.

    `problem` says why the files as they are now are not in use; None: they are.
    """

    def __init__(
        self, paths: FixturePaths, contracts: Mapping[str, Contract], check: Check
    ) -> None:
        self._paths = paths
        self._contracts = contracts
        self._check = check
        self._parser: ScenarioParser | None = None
        self._snapshot: _Snapshot | None = None
        self._rejected: State | None = None
        self.problem: str | None = None
        self.identities: Mapping[str, tuple[Credential, ...]] = {}
        self.secrets: dict[str, dict[tuple[str, str], Identity]] = {
            name: {} for name in paths.vendors
        }

    def open(self, parser: ScenarioParser, scenario: str | None = None) -> None:
        """Load all files; must be called once, before any other method.

        Raises:
            ConfigurationError: a file is invalid (the text names file, location and reason), or
                the scenario is unknown.
        """
        self._parser = parser
        self.refresh()
        try:
            self.resolve_scenario(scenario)
        except ApiError as error:
            raise ConfigurationError(f"--{error.message}") from None

    def refresh(self) -> None:
        """Reload all files if one has changed; if one is invalid, keep the previous content.

        Raises:
            ConfigurationError: as `open`.
        """
        state = self._paths.state()
        if self._snapshot is not None and self._snapshot.state == state:
            self.problem = None
            return
        previous = self.identities
        try:
            self._snapshot = self._read(state)
        except BaseException as error:
            self.identities = previous
            self._rejected, self.problem = state, str(error)
            raise
        self.problem = None
        for name, credentials in self.identities.items():
            self.secrets[name].clear()
            self.secrets[name].update(index_by_secret(credentials))

    def watch(self, report: Callable[[str], object]) -> None:
        """Reload files that have changed since the last call; tell `report` what came of it."""
        try:
            state = self._paths.state()
            if state == self._rejected or (state == self._current.state and not self.problem):
                return
            self.refresh()
        except (ConfigurationError, OSError) as error:
            self.problem = str(error)
            report(f"Edited files are not in use: {error}")
        else:
            report("Edited files are in use for new sandboxes and resets.")

    def roles(self, vendor: str) -> set[str]:
        """Return the roles of a vendor's identities."""
        return {row.identity.role for row in self.identities[vendor]}

    def scenarios(self) -> list[Scenario]:
        """Return all scenarios, by vendor and name."""
        return [row for named in self._current.scenarios.values() for row in named.values()]

    def resolve_scenario(self, name: str | None) -> InitialState:
        """Return the initial state of a sandbox.

        `name` is `scenario` (of every vendor that has it) or `vendor/scenario`, or several of
        these separated by commas. None and `none` give the default state.

        Raises:
            ApiError: 400, unknown scenario.
        """
        snapshot = self._current
        if not name or name == NO_SCENARIO:
            return snapshot.default
        if name not in snapshot.initial_states:
            snapshot.initial_states[name] = _combined(snapshot, self._select(name))
        return snapshot.initial_states[name]

    @property
    def _current(self) -> _Snapshot:
        assert self._snapshot is not None, "open() must be called first"
        return self._snapshot

    def _select(self, text: str) -> list[Scenario]:
        selected: dict[str, Scenario] = {}
        for part in text.split(","):
            for scenario in self._find(part.strip()):
                if scenario.vendor in selected:
                    reason = f"must name at most one scenario of {scenario.vendor}"
                    raise ApiError.for_field("scenario", reason)
                selected[scenario.vendor] = scenario
        return list(selected.values())

    def _find(self, part: str) -> list[Scenario]:
        vendor, _, name = part.rpartition("/")
        matches = [s for s in self.scenarios() if s.name == name and vendor in ("", s.vendor)]
        if not matches:
            known = {NO_SCENARIO, *(s.name for s in self.scenarios() if vendor in ("", s.vendor))}
            reason = f"{part[:80]} is not known; {hint(name, sorted(known))}"
            raise ApiError.for_field("scenario", reason)
        return matches

    def _read(self, state: State) -> _Snapshot:
        self._paths.check()
        vendors = self._paths.vendors
        self.identities = {name: self._read_identities(name) for name in vendors}
        seeds = {name: self._read_seed(name) for name in vendors}
        assert self._parser is not None
        self._parser.forget()
        faults = self._paths.faults
        rules = self._parser.read_rules(_explicit_file(faults)) if faults else ()
        scenarios = {name: self._read_scenarios(name, seeds[name]) for name in vendors}
        return _Snapshot(state, seeds, scenarios, InitialState(seeds, rules=rules))

    def _read_identities(self, vendor: str) -> tuple[Credential, ...]:
        file = self._paths.find(vendor, IDENTITIES)
        if file is None:
            return default_identities(self._contracts[vendor])
        return read_identities(file.path, load_yaml(file), self._contracts[vendor])

    def _read_seed(self, vendor: str) -> Seed:
        file = self._paths.find(vendor, SEED)
        if file is None:
            return {}
        seed: Seed = load_yaml(file)
        self._check_seed(vendor, seed, file)
        return seed

    def _read_scenarios(self, vendor: str, seed: Seed) -> dict[str, Scenario]:
        assert self._parser is not None
        contract = self._contracts[vendor]
        scenarios = usual_scenarios(contract) if contract.own else {}
        for name, file in self._paths.scenarios_of(vendor).items():
            if name == NO_SCENARIO:
                raise ConfigurationError(
                    f"{file.path}: file: the name {NO_SCENARIO} is reserved for no scenario"
                )
            scenario = scenarios[name] = self._parser.read(vendor, name, file, seed)
            if scenario.seed is not None:
                self._check_seed(vendor, scenario.seed, file)
        return dict(sorted(scenarios.items()))

    def _check_seed(self, vendor: str, seed: Seed, file: File) -> None:
        try:
            self._check(vendor, seed)
        except ConfigurationError as error:
            location = "" if file.path.name == SEED else "/seed, then "
            reason = str(error).removeprefix(f"{vendor}/{SEED}: ")
            raise ConfigurationError(f"{file.path}: {location}{reason}") from None


def _explicit_file(path: Path) -> File:
    """Return a file given by its path, whose own folder is its root."""
    return File(path, path.resolve().parent, builtin=False)


def _combined(snapshot: _Snapshot, selected: list[Scenario]) -> InitialState:
    """Return the combined state of scenarios of different vendors, with the last one's clock."""
    default = snapshot.default
    clocks = [row for row in selected if "clock" in row.parts]
    clock = clocks[-1] if clocks else None
    return InitialState(
        seeds={
            **default.seeds,
            **{row.vendor: row.seed for row in selected if row.seed is not None},
        },
        scripts={row.vendor: row.scripts for row in selected if row.scripts},
        rules=(*default.rules, *(rule for row in selected for rule in row.rules)),
        mode=clock.mode if clock else None,
        speed=clock.speed if clock else None,
        now=clock.now if clock else None,
    )
