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
        found = self._walk(path.split("/"))
        if found is None:
            raise Refusal(404, f"Nothing is at {path[:200]}.")
        node, values = found
        target = node.methods.get(method)
        if target is None:
            allow = ", ".join(_allowed(node))
            raise Refusal(405, f"{method} is not among {allow}.", headers={"Allow": allow})
        return target, dict(zip(node.names, values, strict=True))

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` knows; none for an unknown path."""
        found = self._walk(path.split("/"))
        return _allowed(found[0]) if found else ()

    def _walk(self, segments: list[str]) -> tuple[_Node[T], list[str]] | None:
        """Return the node that the segments end at, and the values of the parameters passed."""
        ways: list[tuple[_Node[T], int, list[str]]] = [(self._root, 1, [])]
        last = len(segments)
        while ways:
            node, at, values = ways.pop()
            while at < last:
                segment = segments[at]
                literal, parameter = node.literals.get(segment), node.parameter
                at += 1
                if literal is not None:
                    if parameter is not None:
                        ways.append((parameter, at, [*values, segment]))
                    node = literal
                elif parameter is not None and segment:
                    values.append(segment)
                    node = parameter
                else:
                    break
            else:
                if node.methods:
                    return node, values
        return None


def _allowed(node: _Node[T]) -> tuple[str, ...]:
    return tuple(sorted({*node.methods, "OPTIONS"}))
