"""The lifecycles as Mermaid state diagrams, kept in `specs/README.md` between markers."""

from collections.abc import Iterator
from pathlib import Path

from specs.files import DOCUMENTED, ROOT, read_yaml, vendors
from specs.lifecycle import Lifecycle, Step, read_lifecycle

README = ROOT / "README.md"
START, END = "<!-- lifecycles: written by `python -m specs --write` -->", "<!-- end -->"


def mermaid(lifecycle: Lifecycle) -> str:
    """Return the Mermaid text of one lifecycle; an edge by time names the usual stay."""
    return "\n".join(_lines(lifecycle))


def pictures(root: Path = ROOT) -> str:
    """Return the section of every vendor, each with its picture."""
    parts = []
    for vendor in vendors(root):
        lifecycle = read_lifecycle(read_yaml(root / vendor / "lifecycle.yaml"), DOCUMENTED)
        parts.append(f"### {lifecycle.title}\n\n```mermaid\n{mermaid(lifecycle)}\n```\n")
    return "\n".join(parts)


def update(text: str, root: Path = ROOT) -> str:
    """Return the README's `text` with its pictures as the lifecycle files have them now."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{pictures(root)}\n{END}{after}"


def _lines(lifecycle: Lifecycle) -> Iterator[str]:
    stays = {step.state: step for step in lifecycle.plan}
    planned = list(zip(lifecycle.plan, lifecycle.plan[1:], strict=False))
    yield "stateDiagram-v2"
    for state in lifecycle.states.values():
        on_the_wire = "" if state.wire == state.name else f" ({state.wire})"
        yield f"    {state.name} : {state.name}{on_the_wire}"
    yield f"    [*] --> {lifecycle.initial}"
    for edge in lifecycle.edges:
        usual = any((a.state, b.state) == (edge.start, edge.end) for a, b in planned)
        label = _stay(stays[edge.start]) if usual else edge.by
        yield f"    {edge.start} --> {edge.end} : {label}"
    for state in lifecycle.states.values():
        if state.final:
            yield f"    {state.name} --> [*]"


def _stay(step: Step) -> str:
    return f"after {step.seconds:g} s"
