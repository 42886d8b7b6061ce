"""Raw figures as JSON: everything that was measured, round by round."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import Comparison
from tests.benchmarks.rounds import Plan
from tests.benchmarks.scale.growth import Point
from tests.benchmarks.suite.kills import Score
from tests.benchmarks.tail import Loaded
from tests.benchmarks.verdict import base, goals, ratios
from tests.benchmarks.waits.wait import Wait


def peers(comparison: Comparison, machine: dict[str, Any]) -> dict[str, Any]:
    """The comparison with the peers: figures, ratios, goals, and who is missing."""
    own = base(comparison.entries)
    entries = comparison.entries.values()
    return {
        "benchmark": "peers",
        "machine": machine,
        "generator": comparison.generator.name,
        "plan": comparison.plan.raw(),
        "units": {"polling": "answers/s", "creating": "answers/s", "first answer": "s"}
        | {"memory": "MB (proportional set, all processes)", "processor": "µs an answer"},
        "contenders": [entry.raw() for entry in entries],
        "compared": own.contender.name if own else None,
        "ratios": {
            entry.contender.name: {name: one.raw() for name, one in ratios(own, entry).items()}
            for entry in entries
            if own and entry is not own
        },
        "goals": [goal.raw() for goal in goals(comparison.entries)],
        "left_out": comparison.missing,
    }


def scale(
    points: Sequence[Point], store: str, plan: Plan, machine: dict[str, Any]
) -> dict[str, Any]:
    """Cost at size: for each size the cost beside the first one, and a job's memory."""
    return {
        "benchmark": "scale",
        "machine": machine,
        "plan": plan.raw(),
        "store": store.partition(":")[0],
        "units": {"cost": "by answers/s", "processor": "by processor time an answer"},
        "points": [point.raw() for point in points],
    }


def suite(scores: Sequence[Score], machine: dict[str, Any]) -> dict[str, Any]:
    """The suite beside its peers: every run, every finding."""
    return {"benchmark": "suite", "machine": machine, "tools": [score.raw() for score in scores]}


def tail(measured: Sequence[Loaded], plan: Plan, machine: dict[str, Any]) -> dict[str, Any]:
    """Load over connections and beside downloads: every sample."""
    rows = [loaded.raw() for loaded in measured]
    units = {"p50": "µs", "p99": "µs", "rate": "answers/s", "cost": "µs of processor an answer"}
    return {"benchmark": "tail", "machine": machine, "plan": plan.raw(), "units": units} | {
        "loads": rows
    }


def waits(measured: Sequence[Wait], plan: Plan, machine: dict[str, Any]) -> dict[str, Any]:
    """What a user waits for: seconds of each round."""
    rows = [wait.raw() for wait in measured]
    return {"benchmark": "waits", "machine": machine, "rounds": plan.rounds, "waits": rows}


def write(path: Path, content: dict[str, Any]) -> Path:
    """Write the figures and return where they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    return path
