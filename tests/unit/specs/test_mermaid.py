"""The Mermaid diagram of a lifecycle."""

import pytest

import specs
from specs.mermaid import diagram


def test_an_edge_of_the_timeline_shows_the_duration_any_other_its_cause() -> None:
    text = diagram(specs.load("clinicalone").lifecycle)
    assert "WAITING --> RUNNING : after 20 s" in text
    assert "WAITING --> RUNNING : start" in text
    assert "WAITING --> FAILED : time" in text


@pytest.mark.parametrize("profile", specs.PROFILES)
@pytest.mark.parametrize("vendor", specs.vendors())
def test_every_edge_is_drawn_once(vendor: str, profile: str) -> None:
    lifecycle = specs.load(vendor, profile).lifecycle
    drawn = [line for line in diagram(lifecycle).splitlines() if " --> " in line and " : " in line]
    assert len(drawn) == len(set(drawn)) == len(lifecycle.edges)
