"""The one table of what `mockserver serve` can be told: flag, environment variable, range, help.

It imports nothing, so that `--help` is there at once.
"""

from dataclasses import dataclass
from typing import Any


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
