"""The kinds of faults, where each of them strikes, and what it can be told."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


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

SPREADS: Mapping[str, str | None] = MappingProxyType(
    {"fixed": None, "uniform": "to_ms", "normal": "deviation_ms", "lognormal": "sigma"}
)
"""The distributions of a latency, and the option that each of them takes besides `ms`."""
