"""Pictures are well-formed SVG whose bars and lines stay inside."""

from xml.etree import ElementTree as ET

from tests.benchmarks.report.picture import Bar, Panel, draw_bars, draw_lines

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_as_long_as_their_values_and_stay_inside() -> None:
    bars = [Bar("a & b", 2.0, "2.00", "ours"), Bar("<c>", 1.0, "1.00", "peer")]
    root = ET.fromstring(draw_bars("Title", "note", [Panel("one", bars), Panel("none", [])]))
    widths = [float(one.get("width", "")) for one in root.iter(f"{SVG}rect") if one.get("x")]
    assert widths[0] == 2 * widths[1]
    assert max(widths) < float(root.get("width", ""))
    assert [one.text for one in root.iter(f"{SVG}text")][3:7:2] == ["a & b", "<c>"]


def test_bars_of_nothing_but_zero_are_drawn() -> None:
    assert "0" in draw_bars("Title", "", [Panel("one", [Bar("a", 0.0, "0", "ours")])])


def test_lines_rise_with_the_cost_and_their_labels_do_not_meet() -> None:
    lines = {"flat": [(1_000, 1.0), (10_000, 1.0)], "steep": [(1_000, 1.0), (10_000, 1.01)]}
    root = ET.fromstring(draw_lines("Title", "note", lines))
    flat, steep = (one.get("points", "").split() for one in root.iter(f"{SVG}polyline"))
    assert flat[0] == steep[0]
    assert float(steep[1].partition(",")[2]) < float(flat[1].partition(",")[2])
    ends = [float(t.get("y", "")) for t in root.iter(f"{SVG}text") if t.get("x") == "592"]
    assert len(ends) == 2
    assert abs(ends[0] - ends[1]) >= 16
