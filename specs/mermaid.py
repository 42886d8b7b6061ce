"""Draw the lifecycles as Mermaid state diagrams, kept in `specs/README.md` between two markers."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from specs.files import DOCUMENTED, ROOT, read_yaml, vendors
from specs.lifecycle import Edge, Lifecycle, read_lifecycle

README = ROOT / "README.md"
START, END = "<!-- lifecycles: written by `python -m specs --write` -->", "<!-- end -->"


def diagram(lifecycle: Lifecycle) -> str:
    """Return the Mermaid text of a lifecycle; an edge of the timeline shows the duration."""
    return "\n".join(_lines(lifecycle))


def sections(root: Path = ROOT) -> str:
    """Return a section with a diagram for each vendor."""
    parts = []
    for vendor in vendors(root):
        lifecycle = read_lifecycle(read_yaml(root / vendor / "lifecycle.yaml"), DOCUMENTED)
        parts.append(f"### {lifecycle.title}\n\n```mermaid\n{diagram(lifecycle)}\n```\n")
    return "\n".join(parts)


def update(text: str, root: Path = ROOT) -> str:
    """Return the README's `text` with the diagrams of the present lifecycle files."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{sections(root)}\n{END}{after}"


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
