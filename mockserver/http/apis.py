"""The APIs behind one port: a vendor's, the control plane's, and the fallback."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.errors import ApiError
from mockserver.http.cors import Cors
from mockserver.http.messages import Request, Response
from mockserver.openapi import CompiledOperation
from mockserver.openapi.responses import ResponseValidator
from specs import Operation

Handler = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Api:
    """One contract with its handlers, mounted under its prefixes.

    `responses` validates a response to a request that no operation matches, None where no contract
    applies. `error` makes the API's own error body. `cors` is None where pages of other origins
    may not call the API.
    """

    name: str
    prefixes: tuple[str, ...]
    openapi: dict[str, Any]
    operations: Mapping[str, CompiledOperation]
    handlers: Mapping[str, Handler]
    responses: ResponseValidator | None
    error: Callable[[ApiError, Operation | None], Response]
    forbidden_status: int
    cors: Cors | None
    is_vendor: bool = False

    def handles(self, path: str) -> bool:
        """Return whether `path` lies under one of the prefixes."""
        return any(path == p or path.startswith(f"{p}/") for p in self.prefixes)


class Route(NamedTuple):
    """The target of a request: an operation of an API."""

    api: Api
    operation: CompiledOperation


class ApiRegistry:
    """The APIs on one port, and the fallback for paths of none of them."""

    def __init__(self, apis: tuple[Api, ...], fallback: Api) -> None:
        self.all = apis
        self._fallback = fallback

    def for_path(self, path: str) -> Api:
        """Return the API whose errors answer `path`, whether or not an operation is there."""
        return next((api for api in self.all if api.handles(path)), self._fallback)
