"""The one table of what `mockserver serve` can be told: flag, environment variable, range, help.

It imports nothing, so that `--help` is there at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import specs
from mockserver.clock import ClockSettings, Mode
from mockserver.errors import ConfigurationError
from mockserver.journal.base import Bounds


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `name` leads to flag and variable; `several` lets it be told more than once.

    `default` None stands for nothing. Numbers lie from `least` to `most`.
    """

    name: str
    default: Any
    help: str
    metavar: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    several: bool = False

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable; the flag wins over it."""
        return f"MOCKSERVER_{self.name.upper()}"

    def fault(self, value: Any) -> str | None:
        """Return what is wrong with a value, or None."""
        if self.choices and value not in self.choices:
            return f"{self.flag} {value}: choose {' or '.join(self.choices)}"
        if self.least is None or self.most is None or self.least <= value <= self.most:
            return None
        return f"{self.flag} {value:g}: choose {self.least:.15g} to {self.most:.15g}"


_MIB = 2**20
_JOURNAL_SHARE = 32
"""The part of the memory of all journals that one of them may take."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_DAY = 86_400

OPTIONS = (
    Option("host", "127.0.0.1", "Address to listen on."),
    Option("port", 4010, "Port; 0 takes any free one.", "NUMBER", 0, 65535),
    Option(
        "store",
        "memory",
        "Where everything is kept: memory, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
        "URL",
    ),
    Option("workers", 1, "Processes on the port; more than one need a store.", "NUMBER", 1, 64),
    Option(
        "profile",
        "documented",
        "What clashing sources are resolved to.",
        choices=("documented", "observed"),
    ),
    Option("seed", 1, "Seed of ids and of report content.", "NUMBER", 0, 2**53 - 1),
    Option(
        "clock",
        "real",
        "Virtual time goes by itself, or stands until POST /_mock/clock moves it.",
        choices=("real", "manual"),
    ),
    Option(
        "scenario",
        None,
        "Starting world and futures of jobs; GET /_mock/scenarios lists them.",
        "NAME",
    ),
    Option("faults", None, "File (YAML or JSON) of fault rules for every sandbox.", "FILE"),
    Option(
        "fixtures",
        None,
        "Folder laid out like the built-in fixtures; its files go before theirs.",
        "DIR",
    ),
    Option("scenarios", None, "Folder of scenarios: DIR/<vendor>/<name>.yaml.", "DIR"),
    Option("speed", 1.0, "Virtual seconds a real second.", "NUMBER", 0.001, 1_000_000),
    Option("longest_delay", 30.0, "Seconds that a fault may hold a reply up.", "SECONDS", 0, 3600),
    Option(
        "cors_origin",
        ("*",),
        "Origin whose pages may call the vendors; * is any. Repeatable.",
        "ORIGIN",
        several=True,
    ),
    Option(
        "control_origin",
        (),
        "Origin whose pages may call /_mock. Repeatable.",
        "ORIGIN",
        several=True,
    ),
    Option(
        "control_host",
        (),
        "Host name that /_mock answers to besides loopback; * is any. Repeatable.",
        "NAME",
        several=True,
    ),
    Option(
        "control_token",
        None,
        "Secret that /_mock asks for; beyond loopback one is made and printed if none is told.",
        "TEXT",
    ),
    Option("max_body", _MIB, "Bytes of a request's body.", "BYTES", 1, 1024 * _MIB),
    Option("max_headers", 65536, "Bytes of a request's head.", "BYTES", 1024, 16 * _MIB),
    Option("max_sandboxes", 20_000, "Sandboxes at once.", "NUMBER", 1, 10_000_000),
    Option("max_journal", 1000, "Exchanges kept of each sandbox.", "NUMBER", 1, 10_000_000),
    Option("max_journal_bytes", 256 * _MIB, "Memory of all journals.", "BYTES", _MIB, 2**20 * _MIB),
    Option(
        "sandbox_idle",
        3600,
        "Seconds after which an unused sandbox goes.",
        "SECONDS",
        8,
        365 * _DAY,
    ),
    Option("request_timeout", 60, "Seconds that a request may take to arrive.", "SECONDS", 1, _DAY),
    Option("idle_timeout", 75, "Seconds that an unused connection stays.", "SECONDS", 1, _DAY),
    Option(
        "log_format",
        "none",
        "A line a request on stderr: none, for people or for programs.",
        choices=("none", "text", "json"),
    ),
)


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """How many sandboxes there may be, how long an idle one stays, and what is remembered.

    `journal` is for each sandbox, `journals` the bytes of all of them together.
    """

    sandboxes: int = 20_000
    idle_seconds: int = 3600
    journal: Bounds = field(default_factory=Bounds)
    journals: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may cost.

    `head` is in bytes: of a request line with its headers; more is answered by 431. `arrival` is
    how many seconds a request, once begun, may take to arrive; then it is answered by 408. `idle`
    is how many seconds a connection without a request is kept.
    """

    max_head_bytes: int = 64 * 1024
    request_timeout: int = 60
    idle_timeout: int = 75


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one server; every default is what `mockserver serve` does untold.

    `port` 0 is any free one. `store` is `memory` or the URL of a database. `largest_body` is in
    bytes. `origins` may call the vendors from a browser, `control_origins` the control plane.
    `control_hosts` are Host names, besides loopback, that the control plane answers to,
    `control_token` is what it asks for, None for nothing. `longest_delay` is how many seconds a
    fault may hold a reply up. `log` is the form of the line that each request leaves: `none`,
    `text` or `json`. `scenario` is what every sandbox begins with unless it is told another,
    `faults` a file of rules for all of them; `fixtures` and `scenarios` are folders that lie over
    the built-in ones.
    """

    host: str = "127.0.0.1"
    port: int = 4010
    store: str = "memory"
    workers: int = 1
    profile: str = specs.DOCUMENTED
    seed: int = 1
    pace: ClockSettings = field(default_factory=ClockSettings)
    largest_body: int = 1024 * 1024
    origins: tuple[str, ...] = ("*",)
    control_origins: tuple[str, ...] = ()
    control_hosts: tuple[str, ...] = ()
    control_token: str | None = None
    limits: SandboxLimits = field(default_factory=SandboxLimits)
    patience: ConnectionLimits = field(default_factory=ConnectionLimits)
    longest_delay: float = 30.0
    log: str = "none"
    scenario: str | None = None
    faults: Path | None = None
    fixtures: Path | None = None
    scenarios: Path | None = None

    def __post_init__(self) -> None:
        told = self.told()
        for option in OPTIONS:
            if fault := option.fault(told[option.name]):
                raise ConfigurationError(fault)
        if self.workers > 1 and self.store == "memory":
            raise ConfigurationError(
                f"--workers {self.workers}: several processes need a store that they share; add "
                "--store sqlite:///FILE or --store postgresql://..."
            )
        for flag, origins in (
            ("--cors-origin", set(self.origins) - {"*", "null"}),
            ("--control-origin", self.control_origins),
        ):
            for origin in origins:
                _check_origin(flag, origin)
        if self.control_token is not None and not _is_token(self.control_token):
            raise ConfigurationError(
                "--control-token: must be 8 or more printable ASCII, without spaces"
            )

    @property
    def manual(self) -> bool:
        """Whether virtual time stands still until it is moved."""
        return self.pace.mode is Mode.MANUAL

    def told(self) -> dict[str, Any]:
        """Return the settings by the names of the options."""
        return {
            "host": self.host,
            "port": self.port,
            "store": self.store,
            "workers": self.workers,
            "profile": self.profile,
            "seed": self.seed,
            "scenario": self.scenario,
            "faults": _text(self.faults),
            "fixtures": _text(self.fixtures),
            "scenarios": _text(self.scenarios),
            "clock": self.pace.mode.value,
            "speed": self.pace.speed,
            "longest_delay": self.longest_delay,
            "cors_origin": self.origins,
            "control_origin": self.control_origins,
            "control_host": self.control_hosts,
            "control_token": self.control_token,
            "max_body": self.largest_body,
            "max_headers": self.patience.max_head_bytes,
            "max_sandboxes": self.limits.sandboxes,
            "max_journal": self.limits.journal.entries,
            "max_journal_bytes": self.limits.journals,
            "sandbox_idle": self.limits.idle_seconds,
            "request_timeout": self.patience.request_timeout,
            "idle_timeout": self.patience.idle_timeout,
            "log_format": self.log,
        }


def read_settings(told: Mapping[str, Any]) -> Settings:
    """Return the settings that options tell; one that is not told has its default.

    Raises:
        ConfigurationError: one cannot work.
    """
    of = {option.name: option.default for option in OPTIONS} | dict(told)
    if fault := next((f for o in OPTIONS if (f := o.fault(of[o.name]))), None):
        raise ConfigurationError(fault)
    return Settings(
        host=of["host"],
        port=of["port"],
        store=of["store"],
        workers=of["workers"],
        profile=of["profile"],
        seed=of["seed"],
        pace=ClockSettings(Mode(of["clock"]), of["speed"]),
        largest_body=of["max_body"],
        origins=tuple(of["cors_origin"]),
        control_origins=tuple(of["control_origin"]),
        control_hosts=tuple(of["control_host"]),
        control_token=of["control_token"],
        limits=SandboxLimits(
            sandboxes=of["max_sandboxes"],
            idle_seconds=of["sandbox_idle"],
            journal=Bounds(of["max_journal"], max(of["max_journal_bytes"] // _JOURNAL_SHARE, _MIB)),
            journals=of["max_journal_bytes"],
        ),
        patience=ConnectionLimits(of["max_headers"], of["request_timeout"], of["idle_timeout"]),
        longest_delay=of["longest_delay"],
        log=of["log_format"],
        scenario=of["scenario"],
        faults=_path(of["faults"]),
        fixtures=_path(of["fixtures"]),
        scenarios=_path(of["scenarios"]),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _check_origin(flag: str, origin: str) -> None:
    """Raise ConfigurationError unless `origin` is one as browsers send it (RFC 6454, 6.2)."""
    if origin != (sent := _serialized_origin(origin)):
        raise ConfigurationError(
            f"{flag} {origin}: must be an origin as browsers send it, scheme and host in lower "
            f"case, a port if it is not the default, no path: {sent or 'https://app.example'}"
        )


def _serialized_origin(text: str) -> str | None:
    """Return the origin of a URL, None if it has none."""
    try:
        url = urlsplit(text)
        default = url.port in {None, _DEFAULT_PORTS.get(url.scheme)}
    except ValueError:
        return None
    if not url.hostname:
        return None
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return f"{url.scheme}://{host}" if default else f"{url.scheme}://{host}:{url.port}"


def _is_token(text: str) -> bool:
    return len(text) >= 8 and text.isascii() and text.isprintable() and " " not in text
