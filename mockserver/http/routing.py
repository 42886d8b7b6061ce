"""The APIs behind one port, and the routing of a request to one of their operations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from mockserver.errors import ApiError, ConfigurationError
from mockserver.http.cors import Cors
from mockserver.http.messages import Request, Response
from mockserver.journal.redaction import redact_path
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

    def handles(self, path: str) -> str | None:
        """Return the longest of the prefixes that `path` lies under, None for none of them."""
        found = [p for p in self.prefixes if path == p or path.startswith(f"{p.rstrip('/')}/")]
        return max(found, key=len) if found else None


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
        found = [(prefix, api) for api in self.all if (prefix := api.handles(path)) is not None]
        return max(found, key=lambda row: len(row[0]))[1] if found else self._fallback


T = TypeVar("T")


def build_router(apis: Iterable[Api]) -> "Router[Route]":
    """Return a router over the operations of all APIs.

    Raises:
        ConfigurationError: two operations have the same method and path.
    """
    router: Router[Route] = Router()
    for api in apis:
        for operation in api.operations.values():
            declared = operation.operation
            try:
                router.add(declared.method, declared.path, Route(api, operation))
            except ConfigurationError as error:
                raise ConfigurationError(f"{api.name}: {error}") from None
    return router


@dataclass(frozen=True, slots=True)
class _Template(Generic[T]):
    """A path template of some length: its literal segments and its parameters, by position.

    `affixes` has the text around the parameter of a segment such as `{id}:cancel`, by position.
    """

    path: str
    order: tuple[int, ...]
    pick: Callable[[Sequence[str]], Any]
    literals: Any
    names: tuple[tuple[str, int], ...]
    affixes: Mapping[int, tuple[str, str]]
    methods: dict[str, T] = field(default_factory=dict)

    def has_affixes(self, segments: Sequence[str]) -> bool:
        """Return whether the segments of a path have the text around their parameters."""
        return all(
            len(segments[at]) > len(before) + len(after)
            and segments[at].startswith(before)
            and segments[at].endswith(after)
            for at, (before, after) in self.affixes.items()
        )


class Router(Generic[T]):
    """Maps methods and paths to targets; of several templates that match, a literal one wins.

    Paths are compared as they were sent, so that an encoded slash stays within its segment and a
    trailing one names another path.
    """

    def __init__(self) -> None:
        # By number of segments and first segment: few templates are left to try.
        self._templates: dict[tuple[int, str], list[_Template[T]]] = {}

    def add(self, method: str, path: str, target: T) -> None:
        """Add a target for `method` (upper case) on the path template `path`.

        Raises:
            ConfigurationError: the path has a target already, or a segment has two parameters.
        """
        made: _Template[T] = _compile(path)
        segments = path.split("/")
        first = segments[1] if made.order[1] == _LITERAL else _ANY
        same = self._templates.setdefault((len(segments), first), [])
        for template in same:
            if (template.order, template.literals, template.affixes) == (
                made.order,
                made.literals,
                made.affixes,
            ):
                if template.names != made.names or method in template.methods:
                    raise ConfigurationError(
                        f"{method} {path}: another operation has this path; where it is that of "
                        "another vendor, give the folder that vendor's name: it then replaces it"
                    )
                template.methods[method] = target
                return
        made.methods[method] = target
        same.append(made)
        same.sort(key=lambda template: template.order)

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """Return the target and the text of each path parameter, still encoded.

        Raises:
            ApiError: 404 for an unknown path; 405, with all the methods in Allow, for a known one.
        """
        segments = path.split("/")
        template = None if "//" in path else self._match(segments)
        if template is None:
            raise ApiError(404, f"Nothing is at {redact_path(path)[:200]}.")
        target = template.methods.get(method)
        if target is None and method == "HEAD":  # RFC 9110, 9.3.2: a GET without its content
            target = template.methods.get("GET")
        if target is None:
            allow = ", ".join(_allowed(template))
            message = f"{method} is not allowed here; allowed: {allow}."
            raise ApiError(405, message, headers={"Allow": allow})
        values: dict[str, str] = {}
        for name, at in template.names:  # a third of what a comprehension takes for so few
            values[name] = segments[at]
        if template.affixes:
            for name, at in template.names:
                before, after = template.affixes.get(at, ("", ""))
                values[name] = segments[at][len(before) : len(segments[at]) - len(after)]
        return target, values

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` knows; none for an unknown path."""
        template = None if "//" in path else self._match(path.split("/"))
        return _allowed(template) if template else ()

    def all_methods(self) -> tuple[str, ...]:
        """Return the methods that any path knows."""
        templates = (template for same in self._templates.values() for template in same)
        return tuple(sorted({method for it in templates for method in _allowed(it)}))

    def _match(self, segments: list[str]) -> _Template[T] | None:
        if len(segments) < 2 or not segments[-1]:
            return self._match_slash(segments)
        for template in self._templates.get((len(segments), segments[1]), ()):
            if template.pick(segments) == template.literals and (
                not template.affixes or template.has_affixes(segments)
            ):
                return template
        for template in self._templates.get((len(segments), _ANY), ()):
            if template.pick(segments) == template.literals and template.has_affixes(segments):
                return template
        return None

    def _match_slash(self, segments: list[str]) -> _Template[T] | None:
        """Return the template of a path that ends with a slash, as it does itself."""
        for first in (*segments[1:2], _ANY):
            for template in self._templates.get((len(segments), first), ()):
                is_same = template.order[-1] == _LITERAL
                is_same = is_same and template.pick(segments) == template.literals
                if is_same and template.has_affixes(segments):
                    return template
        return None


_LITERAL, _MIXED, _PARAMETER = range(3)
_ANY = "{}"
"""Stands for the first segment of the paths that begin with a parameter."""


def _compile(path: str) -> _Template[Any]:
    segments = path.split("/")
    if len(segments) < 2 or any(segment.count("{") > 1 for segment in segments):
        raise ConfigurationError(f"{path}: a path starts with /, a segment has one parameter")
    order = tuple(map(_kind, segments))
    pick = itemgetter(*(at for at, kind in enumerate(order) if kind == _LITERAL))
    names: list[tuple[str, int]] = []
    affixes: dict[int, tuple[str, str]] = {}
    for at, segment in enumerate(segments):
        before, brace, rest = segment.partition("{")
        name, _, after = rest.partition("}")
        if brace:
            names.append((name, at))
        if order[at] == _MIXED:
            affixes[at] = before, after
    return _Template(path, order, pick, pick(segments), tuple(names), affixes)


def _kind(segment: str) -> int:
    if "{" not in segment:
        return _LITERAL
    return _PARAMETER if segment[0] == "{" and segment[-1] == "}" else _MIXED


def _allowed(template: _Template[T]) -> tuple[str, ...]:
    implied = {"OPTIONS", "HEAD"} if "GET" in template.methods else {"OPTIONS"}
    return tuple(sorted({*template.methods} | implied))
