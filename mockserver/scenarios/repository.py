"""All that fixtures say, read and checked as a whole, and read again when a file has changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from mockserver.auth.identities import Credential, index_by_secret, read_identities
from mockserver.auth.identity import Identity
from mockserver.errors import ApiError, ConfigurationError
from mockserver.scenarios.files import IDENTITIES, SEED, File, FixturePaths, State, load_yaml
from mockserver.scenarios.parser import ScenarioParser
from mockserver.scenarios.scenario import InitialState, Scenario, Seed
from specs import Contract

NO_SCENARIO = "none"
"""The name of the world without any scenario."""

Check = Callable[[str, Seed], None]
"""Tries a vendor's seed data out.

Raises:
    ConfigurationError: they cannot be used.
"""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What all files say at one time; all but `state` by vendor."""

    state: State
    identities: Mapping[str, tuple[Credential, ...]]
    seeds: Mapping[str, Seed]
    scenarios: Mapping[str, Mapping[str, Scenario]]
    usual: InitialState
    begun: dict[str, InitialState] = field(default_factory=dict)


class FixtureRepository:
    """The fixtures of one server. `faults` is a file of rules for every sandbox, or None."""

    def __init__(
        self,
        folders: FixturePaths,
        contracts: Mapping[str, Contract],
        faults: Path | None,
        check: Check,
    ) -> None:
        self._folders = folders
        self._contracts = contracts
        self._faults = faults
        self._check = check
        self._reader: ScenarioParser | None = None
        self._content: _Snapshot | None = None
        self._identities: Mapping[str, tuple[Credential, ...]] = {}
        self.secrets: dict[str, dict[tuple[str, str], Identity]] = {
            name: {} for name in folders.vendors
        }

    def open(self, reader: ScenarioParser, scenario: str | None = None) -> None:
        """Read everything; to be called once, before anything else.

        Raises:
            ConfigurationError: a file cannot be used; the text names file, place and reason. Or the
                scenario is unknown.
        """
        self._reader = reader
        self.refresh()
        try:
            self.resolve_scenario(scenario)
        except ApiError as refusal:
            raise ConfigurationError(f"--{refusal.message}") from None

    def refresh(self) -> None:
        """Read everything again if a file has changed; where one cannot be used, all stays.

        Raises:
            ConfigurationError: as `open`.
        """
        state = self._folders.state()
        if self._faults is not None:
            state += FixturePaths.state_of(self._faults)
        if self._content is not None and self._content.state == state:
            return
        before = self._identities
        try:
            self._content = self._read(state)
        except BaseException:
            self._identities = before
            raise
        for name, known in self._identities.items():
            self.secrets[name].clear()
            self.secrets[name].update(index_by_secret(known))

    @property
    def identities(self) -> Mapping[str, tuple[Credential, ...]]:
        """The identities by vendor."""
        return self._identities

    def roles(self, vendor: str) -> set[str]:
        """Return the roles of a vendor's identities."""
        return {row.identity.role for row in self._identities[vendor]}

    def scenarios(self) -> list[Scenario]:
        """Return all scenarios, by vendor and name."""
        return [row for named in self._now.scenarios.values() for row in named.values()]

    def resolve_scenario(self, name: str | None) -> InitialState:
        """Return what a sandbox begins with.

        `name` is that of a scenario, for every vendor who has one of that name; or `vendor/name`;
        or several, with commas between. Without any, or with `none`, all is as usual.

        Raises:
            ApiError: 400, there is no such scenario.
        """
        content = self._now
        if not name or name == NO_SCENARIO:
            return content.usual
        if name not in content.begun:
            content.begun[name] = _joined(content, self._chosen(name))
        return content.begun[name]

    @property
    def _now(self) -> _Snapshot:
        assert self._content is not None, "the library was not opened"
        return self._content

    def _chosen(self, text: str) -> list[Scenario]:
        chosen: dict[str, Scenario] = {}
        for part in text.split(","):
            for scenario in self._named(part.strip()):
                if scenario.vendor in chosen:
                    raise _refuse(f"names two scenarios of {scenario.vendor}")
                chosen[scenario.vendor] = scenario
        return list(chosen.values())

    def _named(self, part: str) -> list[Scenario]:
        vendor, _, name = part.rpartition("/")
        found = [s for s in self.scenarios() if s.name == name and vendor in ("", s.vendor)]
        if not found:
            known = sorted(
                {NO_SCENARIO, *(s.name for s in self.scenarios() if vendor in ("", s.vendor))}
            )
            near = get_close_matches(name, known, n=3)
            hint = f"do you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
            raise _refuse(f"{part[:80]} is not known; {hint}")
        return found

    def _read(self, state: State) -> _Snapshot:
        self._folders.check()
        vendors = self._folders.vendors
        self._identities = {name: self._read_identities(name) for name in vendors}
        seeds = {name: self._read_seed(name) for name in vendors}
        assert self._reader is not None
        self._reader.forget()
        rules = self._reader.read_rules(_chosen_file(self._faults)) if self._faults else ()
        scenarios = {name: self._read_scenarios(name, seeds[name]) for name in vendors}
        return _Snapshot(
            state, self._identities, seeds, scenarios, InitialState(seeds, rules=rules)
        )

    def _read_identities(self, vendor: str) -> tuple[Credential, ...]:
        file = self._folders.find(vendor, IDENTITIES)
        return read_identities(file.path, load_yaml(file), self._contracts[vendor])

    def _read_seed(self, vendor: str) -> Seed:
        file = self._folders.find(vendor, SEED)
        seed: Seed = load_yaml(file)
        self._try(vendor, seed, file)
        return seed

    def _read_scenarios(self, vendor: str, seed: Seed) -> dict[str, Scenario]:
        assert self._reader is not None
        found: dict[str, Scenario] = {}
        for name, file in self._folders.scenarios_of(vendor).items():
            if name == NO_SCENARIO:
                raise ConfigurationError(
                    f"{file.path}: file: {NO_SCENARIO} stands for no scenario at all"
                )
            found[name] = self._reader.read(vendor, name, file, seed)
            own = found[name].seed
            if own is not None:
                self._try(vendor, own, file)
        return found

    def _try(self, vendor: str, seed: Seed, file: File) -> None:
        try:
            self._check(vendor, seed)
        except ConfigurationError as error:
            where = "" if file.path.name == SEED else "/seed, then "
            reason = str(error).removeprefix(f"{vendor}/{SEED}: ")
            raise ConfigurationError(f"{file.path}: {where}{reason}") from None


def _chosen_file(path: Path) -> File:
    """Return a file that was named itself, so that wherever it lies is its place."""
    return File(path, path.resolve().parent, builtin=False)


def _joined(content: _Snapshot, chosen: list[Scenario]) -> InitialState:
    """Return what scenarios of different vendors make together; of clocks the last one counts."""
    usual = content.usual
    clocks = [row for row in chosen if "clock" in row.parts]
    clock = clocks[-1] if clocks else None
    return InitialState(
        seeds={**usual.seeds, **{row.vendor: row.seed for row in chosen if row.seed is not None}},
        scripts={row.vendor: row.scripts for row in chosen if row.scripts},
        rules=(*usual.rules, *(rule for row in chosen for rule in row.rules)),
        mode=clock.mode if clock else None,
        speed=clock.speed if clock else None,
        now=clock.now if clock else None,
    )


def _refuse(reason: str) -> ApiError:
    end = "" if reason.endswith("?") else "."
    return ApiError(400, f"scenario {reason}{end}", field="scenario", reason=reason)
