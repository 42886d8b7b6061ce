"""A sandbox: one world of jobs and resources with its own time, ids and memory."""

from mockserver.clock import Clock
from mockserver.ids import Ids
from mockserver.store.base import Records

DEFAULT = "default"


class Sandbox:
    """One world. Nothing in it depends on another one, nor on what else the server does."""

    __slots__ = ("clock", "id", "ids", "profile", "records", "seed")

    def __init__(self, name: str, seed: int, profile: str, clock: Clock, records: Records) -> None:
        self.id = name
        self.seed = seed
        self.profile = profile
        self.clock = clock
        self.records = records
        self.ids = Ids(seed, name)

    def now(self) -> int:
        """Return the sandbox's virtual time, in milliseconds since the epoch."""
        return self.clock.now()
