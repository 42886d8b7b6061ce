"""Pictures as SVG: bars for the comparison, lines for cost against size."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_WIDTH = 760
_LABEL = 116
_VALUE = 96
_ROW = 22
_PANEL = 38


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, what it stands for, the text at its end, and its colour's class."""

    name: str
    value: float
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars of one measure under a title."""

    title: str
    bars: Sequence[Bar]


def draw_bars(title: str, note: str, panels: Sequence[Panel]) -> str:
    """Return panels of horizontal bars, one under the other, as SVG."""
    room = _WIDTH - _LABEL - _VALUE
    top, placed = 74, []
    for panel in panels:
        longest = max((bar.value for bar in panel.bars), default=1) or 1
        rows: list[dict[str, Any]] = [
            {"bar": bar, "y": top + 14 + _ROW * number, "width": room * bar.value / longest}
            for number, bar in enumerate(panel.bars)
        ]
        placed.append({"title": panel.title, "y": top, "rows": rows})
        top += _PANEL + _ROW * len(rows)
    frame = {"width": _WIDTH, "height": top - 8, "left": _LABEL}
    return _render("bars.svg.j2", title=title, note=note, panels=placed, frame=frame)


def draw_lines(title: str, note: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Return lines over a logarithmic axis of sizes, as SVG; a line is points (size, cost)."""
    points = [point for line in lines.values() for point in line]
    sizes = sorted({size for size, _ in points})
    highest = max(1.5, *(cost for _, cost in points)) * 1.1
    span = math.log10(sizes[-1] / sizes[0]) or 1.0

    def place(size: float, cost: float) -> tuple[float, float]:
        across = 70 + 510 * math.log10(size / sizes[0]) / span
        return round(across, 1), round(340 - 240 * cost / highest, 1)

    return _render(
        "lines.svg.j2",
        title=title,
        note=note,
        lines={name: [place(*point) for point in line] for name, line in lines.items()},
        ends=_spread([place(*line[-1])[1] for line in lines.values()]),
        ticks=[(place(size, 0)[0], f"{size:,.0f}") for size in sizes],
        levels=[(place(sizes[0], level)[1], f"{level:g}") for level in _levels(highest)],
    )


def write(path: Path, svg: str) -> Path:
    """Write a picture and return where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg, "utf-8")
    return path


def _levels(highest: float) -> list[float]:
    step = 10 ** math.floor(math.log10(highest))
    step = step / 2 if highest / step < 3 else step
    return [step * number for number in range(int(highest / step) + 1)]


def _spread(heights: Sequence[float]) -> list[float]:
    """Labels at the ends of lines, moved down until none lies on another."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    moved, last = list(heights), -math.inf
    for index in order:
        last = moved[index] = max(heights[index], last + 16)
    return moved


def _render(template: str, **values: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
