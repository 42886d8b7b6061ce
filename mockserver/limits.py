"""How much of everything a server keeps."""

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
