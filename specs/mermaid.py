"""Draw a lifecycle as a Mermaid state diagram."""

from collections.abc import Iterator
from itertools import pairwise

from specs.lifecycle import Edge, Lifecycle


def diagram(lifecycle: Lifecycle) -> str:
    """Return the Mermaid text of a lifecycle; an edge of the timeline shows the duration."""
    return "\n".join(_lines(lifecycle))


def _lines(lifecycle: Lifecycle) -> Iterator[str]:
    yield "stateDiagram-v2"
    for state in lifecycle.states.values():
        wire = "" if state.wire == state.name else f" ({state.wire})"
        yield f"    {state.name} : {state.name}{wire}"
    yield f"    [*] --> {lifecycle.initial}"
    for edge in lifecycle.edges:
        yield f"    {edge.start} --> {edge.end} : {_label(lifecycle, edge)}"
    for state in lifecycle.states.values():
        if state.final:
            yield f"    {state.name} --> [*]"


def _label(lifecycle: Lifecycle, edge: Edge) -> str:
    for stage, following in pairwise(lifecycle.timeline):
        if edge.by == "time" and (stage.state, following.state) == (edge.start, edge.end):
            return f"after {stage.seconds:g} s"
    return edge.by
