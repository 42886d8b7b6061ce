"""Who answers under a path: a vendor, the control plane, or nobody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.openapi.operation import CompiledOperation
from mockserver.openapi.responses import ResponseValidator
from specs import Operation

Handler = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Api:
    """One contract with its handlers.

    `replies` are those of all its operations together: what may answer a request that reached
    none of them, None where no contract says. `open` tells that pages of any origin may call it.
    """

    name: str
    prefixes: tuple[str, ...]
    openapi: dict[str, Any]
    operations: Mapping[str, CompiledOperation]
    handlers: Mapping[str, Handler]
    responses: ResponseValidator | None
    error: Callable[[ApiError, Operation | None], Response]
    forbidden_status: int
    cors_enabled: bool

    def handles(self, path: str) -> bool:
        """Tell whether `path` lies under one of the prefixes."""
        return any(path == p or path.startswith(f"{p}/") for p in self.prefixes)


class ApiRegistry:
    """All who answer on one port."""

    def __init__(self, apis: tuple[Api, ...], nobody: Api) -> None:
        self.all = apis
        self._nobody = nobody

    def for_path(self, path: str) -> Api:
        """Return who answers for `path`, known or not."""
        return next((api for api in self.all if api.handles(path)), self._nobody)
