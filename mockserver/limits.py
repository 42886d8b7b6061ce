"""How much of everything a server takes and keeps, and how long it waits."""

from dataclasses import dataclass, field

from mockserver.journal import Bounds


@dataclass(frozen=True, slots=True)
class Limits:
    """How many sandboxes there may be, how long an idle one stays, and what is remembered.

    `journal` is for each sandbox, `journals` the bytes of all of them together.
    """

    sandboxes: int = 20_000
    idle_seconds: int = 3600
    journal: Bounds = field(default_factory=Bounds)
    journals: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Patience:
    """What a connection may cost.

    `head` is in bytes: of a request line with its headers; more is answered by 431. `arrival` is
    how many seconds a request, once begun, may take to arrive; then it is answered by 408. `idle`
    is how many seconds a connection without a request is kept.
    """

    head: int = 64 * 1024
    arrival: int = 60
    idle: int = 75
