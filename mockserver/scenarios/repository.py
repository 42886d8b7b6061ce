"""All that fixtures say, read and checked as a whole, and read again when a file has changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from mockserver.auth.identities import Known, by_secret, read_identities
from mockserver.auth.identity import Identity
from mockserver.errors import Refusal, SetupError
from mockserver.scenarios.files import IDENTITIES, SEED, File, Folders, State, read_document
from mockserver.scenarios.parser import ScenarioReader
from mockserver.scenarios.scenario import Beginning, Scenario, Seed
from specs import Contract

PLAIN = "none"
"""The name of the world without any scenario."""

Check = Callable[[str, Seed], None]
"""Tries a vendor's seed data out.

Raises:
    SetupError: they cannot be used.
"""


@dataclass(frozen=True, slots=True)
class _Content:
    """What all files say at one time; all but `state` by vendor."""

    state: State
    identities: Mapping[str, tuple[Known, ...]]
    seeds: Mapping[str, Seed]
    scenarios: Mapping[str, Mapping[str, Scenario]]
    usual: Beginning
    begun: dict[str, Beginning] = field(default_factory=dict)


class Library:
    """The fixtures of one server. `faults` is a file of rules for every sandbox, or None."""

    def __init__(
        self,
        folders: Folders,
        contracts: Mapping[str, Contract],
        faults: Path | None,
        check: Check,
    ) -> None:
        self._folders = folders
        self._contracts = contracts
        self._faults = faults
        self._check = check
        self._reader: ScenarioReader | None = None
        self._content: _Content | None = None
        self._identities: Mapping[str, tuple[Known, ...]] = {}
        self.secrets: dict[str, dict[tuple[str, str], Identity]] = {
            name: {} for name in folders.vendors
        }

    def open(self, reader: ScenarioReader, scenario: str | None = None) -> None:
        """Read everything; to be called once, before anything else.

        Raises:
            SetupError: a file cannot be used; the text names file, place and reason. Or there is
                no such scenario.
        """
        self._reader = reader
        self.refresh()
        try:
            self.begin(scenario)
        except Refusal as refusal:
            raise SetupError(f"--{refusal.message}") from None

    def refresh(self) -> None:
        """Read everything again if a file has changed; where one cannot be used, all stays.

        Raises:
            SetupError: as `open`.
        """
        state = self._folders.state()
        if self._faults is not None:
            state += Folders.state_of(self._faults)
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
            self.secrets[name].update(by_secret(known))

    @property
    def identities(self) -> Mapping[str, tuple[Known, ...]]:
        """The identities by vendor."""
        return self._identities

    def roles(self, vendor: str) -> set[str]:
        """Return the roles of a vendor's identities."""
        return {row.identity.role for row in self._identities[vendor]}

    def scenarios(self) -> list[Scenario]:
        """Return all scenarios, by vendor and name."""
        return [row for named in self._now.scenarios.values() for row in named.values()]

    def begin(self, name: str | None) -> Beginning:
        """Return what a sandbox begins with.

        `name` is that of a scenario, for every vendor who has one of that name; or `vendor/name`;
        or several, with commas between. Without any, or with `none`, all is as usual.

        Raises:
            Refusal: 400, there is no such scenario.
        """
        content = self._now
        if not name or name == PLAIN:
            return content.usual
        if name not in content.begun:
            content.begun[name] = _joined(content, self._chosen(name))
        return content.begun[name]

    @property
    def _now(self) -> _Content:
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
            known = sorted({PLAIN, *(s.name for s in self.scenarios() if vendor in ("", s.vendor))})
            near = get_close_matches(name, known, n=3)
            hint = f"do you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
            raise _refuse(f"{part[:80]} is not known; {hint}")
        return found

    def _read(self, state: State) -> _Content:
        self._folders.check()
        vendors = self._folders.vendors
        self._identities = {name: self._read_identities(name) for name in vendors}
        seeds = {name: self._read_seed(name) for name in vendors}
        assert self._reader is not None
        self._reader.forget()
        rules = self._reader.read_rules(_chosen_file(self._faults)) if self._faults else ()
        scenarios = {name: self._read_scenarios(name, seeds[name]) for name in vendors}
        return _Content(state, self._identities, seeds, scenarios, Beginning(seeds, rules=rules))

    def _read_identities(self, vendor: str) -> tuple[Known, ...]:
        file = self._folders.find(vendor, IDENTITIES)
        return read_identities(file.path, read_document(file), self._contracts[vendor])

    def _read_seed(self, vendor: str) -> Seed:
        file = self._folders.find(vendor, SEED)
        seed: Seed = read_document(file)
        self._try(vendor, seed, file)
        return seed

    def _read_scenarios(self, vendor: str, seed: Seed) -> dict[str, Scenario]:
        assert self._reader is not None
        found: dict[str, Scenario] = {}
        for name, file in self._folders.scenarios_of(vendor).items():
            if name == PLAIN:
                raise SetupError(f"{file.path}: file: {PLAIN} stands for no scenario at all")
            found[name] = self._reader.read(vendor, name, file, seed)
            own = found[name].seed
            if own is not None:
                self._try(vendor, own, file)
        return found

    def _try(self, vendor: str, seed: Seed, file: File) -> None:
        try:
            self._check(vendor, seed)
        except SetupError as error:
            where = "" if file.path.name == SEED else "/seed, then "
            reason = str(error).removeprefix(f"{vendor}/{SEED}: ")
            raise SetupError(f"{file.path}: {where}{reason}") from None


def _chosen_file(path: Path) -> File:
    """Return a file that was named itself, so that wherever it lies is its place."""
    return File(path, path.resolve().parent, builtin=False)


def _joined(content: _Content, chosen: list[Scenario]) -> Beginning:
    """Return what scenarios of different vendors make together; of clocks the last one counts."""
    usual = content.usual
    clocks = [row for row in chosen if "clock" in row.parts]
    clock = clocks[-1] if clocks else None
    return Beginning(
        seeds={**usual.seeds, **{row.vendor: row.seed for row in chosen if row.seed is not None}},
        futures={row.vendor: row.futures for row in chosen if row.futures},
        rules=(*usual.rules, *(rule for row in chosen for rule in row.rules)),
        mode=clock.mode if clock else None,
        speed=clock.speed if clock else None,
        now=clock.now if clock else None,
    )


def _refuse(reason: str) -> Refusal:
    end = "" if reason.endswith("?") else "."
    return Refusal(400, f"scenario {reason}{end}", field="scenario", reason=reason)
