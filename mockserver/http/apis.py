"""Who answers under a path: a vendor, the control plane, or nobody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import Refusal
from mockserver.http.messages import Call, Reply
from mockserver.openapi.operation import Plan
from mockserver.openapi.responses import Replies
from specs import Operation

Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Party:
    """One contract with its handlers.

    `replies` are those of all its operations together: what may answer a request that reached
    none of them, None where no contract says. `open` tells that pages of any origin may call it.
    """

    name: str
    prefixes: tuple[str, ...]
    openapi: dict[str, Any]
    plans: Mapping[str, Plan]
    handlers: Mapping[str, Handler]
    replies: Replies | None
    error: Callable[[Refusal, Operation | None], Reply]
    grant_refused: int
    open: bool

    def owns(self, path: str) -> bool:
        """Tell whether `path` lies under one of the prefixes."""
        return any(path == p or path.startswith(f"{p}/") for p in self.prefixes)


class Parties:
    """All who answer on one port."""

    def __init__(self, parties: tuple[Party, ...], nobody: Party) -> None:
        self.all = parties
        self._nobody = nobody

    def of(self, path: str) -> Party:
        """Return who answers for `path`, known or not."""
        return next((party for party in self.all if party.owns(path)), self._nobody)
