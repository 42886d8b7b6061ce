"""The settings of a server; each is one field with option, variable, range and help text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.clock import ClockSettings, Mode
from mockserver.errors import ConfigurationError
from mockserver.journal.base import Bounds
from specs import DOCUMENTED, PROFILES

_MIB = 2**20
_DAY_SECONDS = 86_400
_JOURNAL_SHARE = 32
"""One journal may use this fraction (1/32) of the memory of all journals."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Option:
    """The command-line option and environment variable of a setting.

    Numbers range from `minimum` to `maximum`; an option with `multiple` may be repeated.
    """

    name: str
    default: Any
    help: str
    metavar: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    multiple: bool = False

    @property
    def is_folder(self) -> bool:
        """True for the path of a folder: several in a variable stand as in PATH."""
        return self.multiple and self.metavar == "DIR"

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable; the flag takes precedence."""
        return f"MOCKSERVER_{self.name.upper()}"

    def check(self, value: Any) -> None:
        """Raise ConfigurationError unless a value has the type of the default and is in range."""
        kind = type(self.default)
        types = (int, float) if kind is float else kind
        fits = isinstance(value, types) and isinstance(value, bool) is (kind is bool)
        if not (fits or self.multiple or self.default is None):
            raise ConfigurationError(f"{self.flag}: must be of type {kind.__name__}")
        if self.choices and value not in (*self.choices, self.default):
            raise ConfigurationError(f"{self.flag} {value}: choose {' or '.join(self.choices)}")
        if self.minimum is not None and not self.minimum <= value <= (self.maximum or value):
            bounds = f"choose {self.minimum:.16g} to {self.maximum:.16g}"
            raise ConfigurationError(f"{self.flag} {value:.16g}: {bounds}")


def _setting(default: Any, text: str, metavar: str = "", *limits: float, **more: Any) -> Any:
    minimum, maximum = limits or (None, None)
    option = {"help": text, "metavar": metavar, "minimum": minimum, "maximum": maximum, **more}
    return field(default=default, metadata=option)


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Maximum number and idle time of sandboxes, and the size of their journals.

    `journal` limits the journal of each sandbox, `journals` the bytes of all of them together.
    """

    sandboxes: int = 20_000
    idle_seconds: int = 3600
    journal: Bounds = field(default_factory=Bounds)
    journals: int = 256 * _MIB


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of a connection.

    `max_head_bytes` limits the request line with its headers; beyond it the response is 431.
    `max_body_bytes` limits a chunk; beyond it the response is 413. `request_timeout` limits the
    seconds from the first to the last byte of a request; after it the response is 408.
    `idle_timeout` is the seconds that a connection without a request stays open.
    """

    max_head_bytes: int = 64 * 1024
    max_body_bytes: int = _MIB
    request_timeout: int = 60
    idle_timeout: int = 75


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one server; every default is that of `mockserver serve`.

    Raises:
        ConfigurationError: a value is out of range, or two settings contradict each other.
    """

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(4010, "Port; 0 takes any free one.", "NUMBER", 0, 65535)
    store: str = _setting(
        "memory",
        "Storage: memory, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
        "URL",
    )
    workers: int = _setting(
        1, "Processes on the port; more than one need a --store that is no memory.", "NUMBER", 1, 64
    )
    tls: str | None = _setting(
        None,
        "HTTPS with a certificate generated at the start; needs the extra tls.",
        choices=("self-signed",),
    )
    tls_cert: Path | None = _setting(
        None, "HTTPS with this certificate (PEM, with its chain).", "FILE"
    )
    tls_key: Path | None = _setting(
        None, "Private key of --tls-cert (PEM, without a password).", "FILE"
    )
    tls_dir: Path | None = _setting(
        None, "Folder that keeps the authority of --tls self-signed from run to run.", "DIR"
    )
    root_path: str | None = _setting(
        None, "Path before every path, for a mock behind a proxy: links begin with it.", "PATH"
    )
    profile: str = _setting(
        DOCUMENTED, "Source that takes precedence where sources conflict.", choices=tuple(PROFILES)
    )
    seed: int = _setting(1, "Seed of ids and of report content.", "NUMBER", 0, 2**53 - 1)
    clock: str = _setting(
        "real",
        "Virtual time follows real time, or changes only by POST /_mock/clock.",
        choices=("real", "manual"),
    )
    scenario: str | None = _setting(
        None, "Initial state and job scripts; GET /_mock/scenarios lists them.", "NAME"
    )
    faults: Path | None = _setting(
        None, "File (YAML or JSON) of fault rules for every sandbox.", "FILE"
    )
    vendors: tuple[Path, ...] = _setting(
        (),
        "Folder of an own vendor (openapi.yaml and lifecycle.yaml), or of several. Repeatable.",
        "DIR",
        multiple=True,
    )
    fixtures: Path | None = _setting(
        None, "Folder laid out like the built-in fixtures; its files take precedence.", "DIR"
    )
    scenarios: Path | None = _setting(None, "Folder of scenarios: DIR/<vendor>/<name>.yaml.", "DIR")
    watch: bool = _setting(False, "Take up edited fixtures, scenarios and fault rules.")
    speed: float = _setting(1.0, "Virtual seconds per real second.", "NUMBER", 0.001, 1_000_000)
    longest_delay: float = _setting(
        30.0, "Maximum delay of a response by a fault, in seconds.", "SECONDS", 0, 3600
    )
    cors_origin: tuple[str, ...] = _setting(
        ("*",),
        "Origin whose pages may call the vendors, with credentials if named; * is any. Repeatable.",
        "ORIGIN",
        multiple=True,
    )
    control_origin: tuple[str, ...] = _setting(
        (), "Origin whose pages may call /_mock. Repeatable.", "ORIGIN", multiple=True
    )
    control_host: tuple[str, ...] = _setting(
        (),
        "Host name that /_mock answers to besides loopback; * is any. Repeatable.",
        "NAME",
        multiple=True,
    )
    vendor_option: tuple[str, ...] = _setting(
        (),
        "Setting of one vendor; mockserver/docs/reference.md lists them. Repeatable.",
        "VENDOR.NAME=VALUE",
        multiple=True,
    )
    control_token: str | None = _setting(
        None,
        "Secret that /_mock requires; by default generated and printed, unless on loopback.",
        "TEXT",
    )
    date_header: str = _setting(
        "real",
        "Time in the header Date of the vendors' responses; that of /_mock is always real.",
        choices=("real", "virtual"),
    )
    max_body: int = _setting(
        _MIB, "Maximum size of a request body; beyond it 413.", "BYTES", 1, 1024 * _MIB
    )
    max_headers: int = _setting(
        64 * 1024,
        "Maximum size of a request line with its headers; beyond it 431.",
        "BYTES",
        1024,
        16 * _MIB,
    )
    max_sandboxes: int = _setting(
        20_000, "Maximum number of sandboxes; beyond it 409.", "NUMBER", 1, 10_000_000
    )
    max_journal: int = _setting(
        1000, "Maximum number of exchanges in the journal of a sandbox.", "NUMBER", 1, 10_000_000
    )
    max_journal_bytes: int = _setting(
        256 * _MIB,
        "Maximum memory of all journals; one may use 1/32 of it.",
        "BYTES",
        _MIB,
        2**20 * _MIB,
    )
    sandbox_idle: int = _setting(
        3600,
        "Real seconds after which an unused sandbox is deleted.",
        "SECONDS",
        8,
        365 * _DAY_SECONDS,
    )
    request_timeout: int = _setting(
        60,
        "Maximum seconds to receive a request; then 408.",
        "SECONDS",
        1,
        _DAY_SECONDS,
    )
    idle_timeout: int = _setting(
        75, "Seconds after which an idle connection is closed.", "SECONDS", 1, _DAY_SECONDS
    )
    log_format: str = _setting(
        "none",
        "Access log on stderr: none, plain text or JSON lines.",
        choices=("none", "text", "json"),
    )

    def __post_init__(self) -> None:
        for option in OPTIONS:
            value = getattr(self, option.name)
            if option.multiple:
                rows = (value,) if isinstance(value, str | Path) else value
                rows = tuple(map(Path, rows) if option.is_folder else rows)
                object.__setattr__(self, option.name, rows)
            elif option.metavar in {"FILE", "DIR"} and value is not None:
                object.__setattr__(self, option.name, Path(value))
            option.check(value)
        if self.workers > 1 and self.store == "memory":
            raise ConfigurationError(
                f"--workers {self.workers}: several processes need a store that they share; add "
                "--store sqlite:///FILE or --store postgresql://..."
            )
        object.__setattr__(self, "host", self.host.strip("[]"))  # an IPv6 address as in a URL
        if not re.fullmatch(r"(?:/(?!\.\.?(?:/|$))[\w.~-]+)*", self.root_path or "", re.ASCII):
            raise ConfigurationError(
                f"--root-path {self.root_path}: must be like /mock, of letters, digits, -, ., _, ~"
            )
        _check_origins("--cors-origin", set(self.cors_origin) - {"*", "null"})
        _check_origins("--control-origin", self.control_origin)
        if self.control_token is not None and not _is_token(self.control_token):
            raise ConfigurationError(
                "--control-token: must be 8 or more printable ASCII, without spaces"
            )

    @property
    def pace(self) -> ClockSettings:
        """Mode and speed of virtual time."""
        return ClockSettings(Mode(self.clock), self.speed)

    @property
    def scheme(self) -> str:
        """The scheme of the server's URLs."""
        return "https" if self.tls or self.tls_cert else "http"

    @property
    def sandbox_limits(self) -> SandboxLimits:
        """The limits of sandboxes."""
        return SandboxLimits(
            sandboxes=self.max_sandboxes,
            idle_seconds=self.sandbox_idle,
            journal=Bounds(self.max_journal, max(self.max_journal_bytes // _JOURNAL_SHARE, _MIB)),
            journals=self.max_journal_bytes,
        )

    @property
    def connection_limits(self) -> ConnectionLimits:
        """The limits of connections."""
        times = self.request_timeout, self.idle_timeout
        return ConnectionLimits(self.max_headers, self.max_body, *times)


OPTIONS = tuple(Option(row.name, row.default, **row.metadata) for row in fields(Settings))
"""The options of `mockserver serve`, in the order of its help."""


def _check_origins(flag: str, origins: Iterable[str]) -> None:
    """Raise ConfigurationError unless all are origins as browsers send them (RFC 6454, 6.2)."""
    for origin in origins:
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
