"""The kinds of faults, where each of them strikes, and what it can be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from mockserver.jobs.schedule import Occurrences


class Kind(StrEnum):
    """What goes wrong; the names are those of the control plane's contract."""

    LATENCY = "latency"
    RATE_LIMIT = "rate-limit"
    SERVER_ERROR = "server-error"
    EXPIRED_TOKEN = "expired-token"
    DROP_FIELD = "drop-field"
    UNKNOWN_ENUM = "unknown-enum"
    WRONG_TYPE = "wrong-type"
    DRIP = "drip"
    TRUNCATE = "truncate"
    WRONG_LENGTH = "wrong-length"
    RESET = "reset"


class Layer(StrEnum):
    """Where a fault strikes. Of each layer one fault at most befalls a request.

    REPLY puts an error in place of the reply, BODY changes its JSON, WIRE spoils how it is sent,
    TIME makes it late.
    """

    REPLY = "reply"
    BODY = "body"
    WIRE = "wire"
    TIME = "time"


class Label(StrEnum):
    """Whether a vendor that keeps its contract could answer so."""

    VALID = "valid"
    VIOLATING = "violating"


LAYERS: Mapping[Kind, Layer] = MappingProxyType(
    {
        Kind.LATENCY: Layer.TIME,
        Kind.RATE_LIMIT: Layer.REPLY,
        Kind.SERVER_ERROR: Layer.REPLY,
        Kind.EXPIRED_TOKEN: Layer.REPLY,
        Kind.DROP_FIELD: Layer.BODY,
        Kind.UNKNOWN_ENUM: Layer.BODY,
        Kind.WRONG_TYPE: Layer.BODY,
        Kind.DRIP: Layer.WIRE,
        Kind.TRUNCATE: Layer.WIRE,
        Kind.WRONG_LENGTH: Layer.WIRE,
        Kind.RESET: Layer.WIRE,
    }
)

BREAKS_HTTP = frozenset({Kind.TRUNCATE, Kind.WRONG_LENGTH, Kind.RESET})
"""What no contract has to speak of: the reply is none even to HTTP."""

KEEPS_REPLY = frozenset({Kind.LATENCY, Kind.DRIP})
"""What changes nothing but when the reply arrives: no contract says anything of that."""

OPTIONS: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {
        Kind.LATENCY: {
            "ms": 1000,
            "distribution": "fixed",
            "to_ms": None,
            "deviation_ms": None,
            "sigma": None,
        },
        Kind.RATE_LIMIT: {"retry_after": 1},
        Kind.SERVER_ERROR: {"status": 503, "retry_after": 1, "handled": False},
        Kind.EXPIRED_TOKEN: {"lasting": False},
        Kind.DROP_FIELD: {"pointer": None},
        Kind.UNKNOWN_ENUM: {"pointer": None, "value": None},
        Kind.WRONG_TYPE: {"pointer": None, "value": None},
        Kind.DRIP: {"bytes_per_second": 1024},
        Kind.TRUNCATE: {"part": 0.5},
        Kind.WRONG_LENGTH: {"delta": 1},
        Kind.RESET: {},
    }
)
"""What each kind can be told, with what it does untold; None is: something that fits."""

DISTRIBUTION_OPTIONS: Mapping[str, str | None] = MappingProxyType(
    {"fixed": None, "uniform": "to_ms", "normal": "deviation_ms", "lognormal": "sigma"}
)
"""The distributions of a latency, and the option that each of them takes besides `ms`."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request as rules see it.

    `operation` and `role` are None where the request got no further; `state` is that of the job
    that the request names, None where it names none.
    """

    vendor: str
    operation: str | None
    method: str
    path: str
    role: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests are meant: those that fit in all that is not None.

    `turns` are the numbers of the fitting requests, counted from 1, that are meant.
    """

    vendor: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    role: str | None = None
    states: frozenset[str] | None = None
    occurrences: Occurrences = field(default_factory=Occurrences)

    def matches(self, facts: RequestFacts) -> bool:
        """Tell whether a request is of the kind that is meant, whatever its number."""
        return (
            self.vendor in (None, facts.vendor)
            and self.operation in (None, facts.operation)
            and self.method in (None, facts.method)
            and (self.path is None or facts.path.startswith(self.path))
            and self.role in (None, facts.role)
            and (self.states is None or facts.state in self.states)
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind with its options; those that were not told have their usual value."""

    kind: Kind
    options: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, option: str) -> Any:
        return self.options.get(option, OPTIONS[self.kind][option])

    @property
    def layer(self) -> Layer:
        """Where the fault strikes."""
        return LAYERS[self.kind]

    @property
    def before(self) -> bool:
        """Whether the fault takes the place of handling the request."""
        return self.layer is Layer.REPLY and not self.options.get("handled", False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault with the requests that it befalls.

    `times` is how often at most; `probability` that of each turn. `label` is the worst that the
    contract says of a reply under it. `told` is the rule as it was written. What it counts, it
    counts by its `serial`, which no two rules of a sandbox have.
    """

    id: str
    match: Match
    fault: Fault
    times: int | None
    probability: float | None
    label: Label
    source: Mapping[str, Any]
    serial: int = 0
