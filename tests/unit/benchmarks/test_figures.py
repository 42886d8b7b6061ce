"""Ratios are taken round by round, and goals look at the right side of them."""

import re
from pathlib import Path

import pytest

from tests.benchmarks.contender import Contender, Kind, Workshop
from tests.benchmarks.figures import Ratio, ratio
from tests.benchmarks.load import Sample
from tests.benchmarks.load.loop import Loop
from tests.benchmarks.peers import Comparison, Entry
from tests.benchmarks.report import charts, raw, table
from tests.benchmarks.request import Request
from tests.benchmarks.rounds import Plan, turns
from tests.benchmarks.tail import Loaded
from tests.benchmarks.verdict import base, goals
from tests.benchmarks.waits.wait import Wait
from tests.benchmarks.warm import MOST_SPELLS, warm_up

GET = Request("GET", "/")


def entry(name: str, kind: Kind, **series: list[float]) -> Entry:
    told = {key.replace("_", " "): value for key, value in series.items()}
    return Entry(Contender(name, kind, "1", "so", (), GET, GET), told)


def comparison() -> Comparison:
    entries = [
        entry("mine", Kind.OURS, polling=[100, 50], creating=[90, 45], memory=[60, 60]),
        entry("slow", Kind.PEER, polling=[10, 5], creating=[9, 5], memory=[50, 50]),
        entry("fast", Kind.PEER, polling=[40, 25], creating=[60, 30], memory=[100, 100]),
        entry("bare", Kind.CEILING, polling=[200, 100], creating=[100, 50], memory=[20, 20]),
    ]
    made = Comparison(Workshop(Path(), Path()), Loop(1), Plan(2, 1, 1, 1))
    made.entries = {one.contender.name: one for one in entries}
    return made


def test_ratio_compares_each_round_with_itself() -> None:
    assert ratio([100, 10, 90], [50, 5, 30]) == Ratio(2.0, 2.0, 3.0)


def test_ratio_of_rounds_that_do_not_match_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0], [1.0, 2.0])


def test_goals_take_the_best_peer_of_each_measure() -> None:
    found = {(goal.measure.name, goal.against): goal for goal in goals(comparison().entries)}
    polling = found["polling", "the best peer (fast)"]
    assert (polling.reached.median, polling.met) == (2.25, True)
    creating = found["creating", "the best peer (fast)"]
    assert (creating.reached.median, creating.met) == (1.5, False)
    memory = found["memory", "the best peer (slow)"]
    assert (memory.reached.median, memory.met) == (1.2, False)
    assert not found["polling", "the bare ceiling"].met
    assert found["creating", "the bare ceiling"].met
    assert "first answer" not in {name for name, _ in found}


def test_without_the_mock_the_ceiling_is_the_base_and_no_goal_is_told() -> None:
    entries = comparison().entries
    del entries["mine"]
    assert (found := base(entries)) is not None
    assert found.contender.name == "bare"
    assert not [*goals(entries)]


def test_turns_let_everybody_begin_once() -> None:
    assert [*turns("abc", 3)] == [*"abcbcacab"]
    assert [*turns("", 2)] == []


def test_warming_up_ends_when_answers_no_longer_get_cheaper() -> None:
    costs = iter([100.0, 50, 40, 41, 39, 38.5, 37, 36, 36, 36.5, 35, 36, 37, 1])
    taken = warm_up(lambda: Sample(50_000, 1, 0, 1, 1, processor=next(costs) * 0.05))
    assert taken == 13


def test_warming_up_goes_on_while_little_gains_add_up() -> None:
    cost = 100.0

    def spell() -> Sample:
        nonlocal cost
        cost *= 0.98
        return Sample(50_000, 1, 0, 1, 1, processor=cost * 0.05)

    assert warm_up(spell) == MOST_SPELLS


def test_warming_up_does_not_end_before_enough_answers() -> None:
    assert warm_up(lambda: Sample(10, 1, 0, 1, 1, processor=1)) == MOST_SPELLS


def test_table_shows_ratios_and_who_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    made = comparison()
    made.missing["Prism"] = "no node"
    table.show_peers(made)
    told = capsys.readouterr().out
    assert "10.00" in told
    assert "left out: Prism" in told
    assert "NOT reached" in told
    assert max(map(len, told.splitlines())) <= 80


def test_table_of_waits_tells_each_in_its_unit_and_whether_its_goal_is_reached(
    capsys: pytest.CaptureFixture[str],
) -> None:
    late = Wait("verdict", "talkdesk, default", 5.0, [4.0, 9.0, 6.0], [3.0, 2.0, 1.0])
    soon = Wait("a test in Python", "a use of mock_vendor", 0.005, [0.004], [0.002])
    table.show_waits([late, soon])
    told = capsys.readouterr().out
    assert re.search(r"talkdesk, default +\W+6.0 s\W+4.0 - 9.0\W+2.0\W", told)
    assert "6.0 s, wanted at most 5.0 - NOT reached" in told
    assert "4.0 ms, wanted at most 5.0 - reached" in told
    assert max(map(len, told.splitlines())) <= 80


def test_table_of_the_tail_compares_the_mock_with_each_contender(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own, other = Loaded("mockserver", 1_000), Loaded("2 workers, postgresql", 1_000)
    own.samples, own.memory = [Sample(200, 1, 0, 1_000, 5_000)], [60.0]
    other.samples, other.memory = [Sample(100, 1, 0, 4_000, 6_000)], [120.0]
    table.show_tail([own, other], (own, other))
    told = capsys.readouterr().out
    figures = r"2\.00\W+0\.25\W+0\.83\W+0\.50\W+1\.5\W"  # rate, median, p99, memory, tail
    assert re.search(rf"1,000, 2 workers, postgresql\W+{figures}", told)
    assert max(map(len, told.splitlines())) <= 80


def test_raw_figures_hold_every_round() -> None:
    made = raw.peers(comparison(), {"cpus": 2})
    assert made["contenders"][0]["series"]["polling"] == [100, 50]
    assert made["ratios"]["fast"]["polling"] == {"median": 2.25, "low": 2.0, "high": 2.5}
    assert {goal["measure"] for goal in made["goals"]} == {"polling", "creating", "memory"}


def test_picture_shows_each_contender_once_a_measure() -> None:
    svg = charts.peers(comparison())
    assert svg.count(">fast</text>") == 3
    assert svg.count('class="ours"') == 3
