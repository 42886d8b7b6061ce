"""Paths of the contracts as a tree of segments: which operation a method and a path mean."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mockserver.errors import Refusal, SetupError

T = TypeVar("T")


@dataclass(slots=True)
class _Node(Generic[T]):
    """A segment: the literal segments after it, the parameter after it, and what ends here."""

    literals: dict[str, "_Node[T]"] = field(default_factory=dict)
    parameter: "_Node[T] | None" = None
    names: tuple[str, ...] = ()
    methods: dict[str, T] = field(default_factory=dict)


class Routes(Generic[T]):
    """What paths lead to; a literal segment wins over a parameter.

    Paths are compared as they were sent, so that an encoded slash stays within its segment and a
    trailing one names another path.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, method: str, path: str, target: T) -> None:
        """Let `method` (upper case) on the path template `path` lead to `target`."""
        node, names = self._root, []
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        if node.names not in ((), tuple(names)) or method in node.methods:
            raise SetupError(f"{method} {path}: the path is taken")
        node.names = tuple(names)
        node.methods[method] = target

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """Return the target and the text of each path parameter, still encoded.

        Raises:
            Refusal: 404 for an unknown path; 405, with all the methods in Allow, for a known one.
        """
        found = self._walk(self._root, path.split("/"), 1, ())
        if found is None:
            raise Refusal(404, f"Nothing is at {path[:200]}.")
        node, values = found
        if method not in node.methods:
            allow = ", ".join(_allowed(node))
            raise Refusal(405, f"{method} is not among {allow}.", headers={"Allow": allow})
        return node.methods[method], dict(zip(node.names, values, strict=True))

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` knows; none for an unknown path."""
        found = self._walk(self._root, path.split("/"), 1, ())
        return _allowed(found[0]) if found else ()

    def _walk(
        self, node: _Node[T], segments: list[str], at: int, values: tuple[str, ...]
    ) -> tuple[_Node[T], tuple[str, ...]] | None:
        if at == len(segments):
            return (node, values) if node.methods else None
        segment = segments[at]
        found = None
        if (literal := node.literals.get(segment)) is not None:
            found = self._walk(literal, segments, at + 1, values)
        if found is None and node.parameter is not None and segment:
            found = self._walk(node.parameter, segments, at + 1, (*values, segment))
        return found


def _allowed(node: _Node[T]) -> tuple[str, ...]:
    return tuple(sorted({*node.methods, "OPTIONS"}))
