"""The diagrams of the lifecycles in the README."""

import re

import specs
from specs import mermaid


def test_diagrams_are_of_the_present_lifecycles() -> None:
    text = mermaid.README.read_text(encoding="utf-8")
    assert mermaid.update(text) == text, "stale: run `python -m specs --write`"


def test_every_vendor_has_its_diagram() -> None:
    text = mermaid.sections()
    assert text.count("stateDiagram-v2") == text.count("### ") == len(specs.vendors())
    assert "CREATED --> PROCESSING : after 5 s" in text


def test_no_two_edges_of_a_diagram_are_equal() -> None:
    for section in mermaid.sections().split("### "):
        edges = re.findall(r"^.* --> .*$", section, re.MULTILINE)
        assert len(edges) == len(set(edges))
