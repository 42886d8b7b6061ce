"""The vendors' lifecycles as the control plane serves them: nobody else states a state."""

from typing import Any

from specs import Lifecycle


def view(lifecycle: Lifecycle) -> dict[str, Any]:
    """Return `Lifecycle` of the control plane's contract."""
    return {
        "vendor": lifecycle.vendor,
        "title": lifecycle.title,
        "job": lifecycle.job,
        "initial": lifecycle.initial,
        "states": [
            {
                "name": state.name,
                "wire": state.wire,
                "meaning": state.meaning,
                "source": state.source,
                "final": not lifecycle.reachable(state.name),
                "file": state.file,
            }
            for state in lifecycle.states.values()
        ],
        "edges": [{"from": edge.start, "to": edge.end, "by": edge.by} for edge in lifecycle.edges],
        "plan": [{"state": step.state, "seconds": step.seconds} for step in lifecycle.plan],
    }
