"""Fault rules: kinds with their layers and options, request matching, labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from mockserver.jobs.schedule import Occurrences


class Kind(StrEnum):
    """The kinds of faults, named as in the control plane's contract."""

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
    """What a fault changes; at most one fault per layer is applied to a request.

    REPLY replaces the response by an error, BODY corrupts its JSON, WIRE corrupts its
    transmission, TIME delays it.
    """

    REPLY = "reply"
    BODY = "body"
    WIRE = "wire"
    TIME = "time"


class Label(StrEnum):
    """Whether the contract allows the response."""

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
"""Kinds whose response is invalid HTTP, whatever the contract says."""

KEEPS_REPLY = frozenset({Kind.LATENCY, Kind.DRIP})
"""Kinds that change only the timing, which no contract restricts."""

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
"""The options of each kind with their defaults; None selects an applicable value."""

DISTRIBUTION_OPTIONS: Mapping[str, str | None] = MappingProxyType(
    {"fixed": None, "uniform": "to_ms", "normal": "deviation_ms", "lognormal": "sigma"}
)
"""The latency distributions, each with the option it accepts besides `ms`."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The attributes of a request that rules match on.

    `operation` and `role` are None if the request was rejected earlier; `state` is that of the job
    that the request refers to, None if it refers to none.
    """

    vendor: str
    operation: str | None
    method: str
    path: str
    role: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions on a request; None matches any value.

    `occurrences` selects among the matching requests by their number, counted from 1.
    """

    vendor: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    role: str | None = None
    states: frozenset[str] | None = None
    occurrences: Occurrences = field(default_factory=Occurrences)

    def matches(self, facts: RequestFacts) -> bool:
        """Return True if a request meets all conditions, regardless of `occurrences`."""
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
    """A kind with its options; missing options have their defaults."""

    kind: Kind
    options: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, option: str) -> Any:
        return self.options.get(option, OPTIONS[self.kind][option])

    @property
    def layer(self) -> Layer:
        """The layer of the fault's kind."""
        return LAYERS[self.kind]

    @property
    def before(self) -> bool:
        """True if the fault replaces handling the request."""
        return self.layer is Layer.REPLY and not self.options.get("handled", False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault with the conditions for applying it.

    `times` is the maximum number of applications; `probability` (0 to 1) applies to each
    occurrence. `label` is the worst label of a response under the fault. `source` is the rule as
    written. `serial` is unique in a sandbox and identifies the rule's counters.
    """

    id: str
    match: Match
    fault: Fault
    times: int | None
    probability: float | None
    label: Label
    source: Mapping[str, Any]
    serial: int = 0
