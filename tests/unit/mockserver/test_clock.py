"""Virtual time: follows a counter at a speed, stands, is moved, and goes back by set alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.clock import LATEST, ORIGIN, Clock, ClockSettings, Mode

SECOND = 1_000_000_000


class Ticks:
    """A counter of nanoseconds that a test turns."""

    def __init__(self) -> None:
        self.value = 12345

    def __call__(self) -> int:
        return self.value

    def pass_seconds(self, seconds: float) -> None:
        self.value += int(seconds * SECOND)


def test_clock_starts_at_the_origin_in_both_modes() -> None:
    assert {Clock(ClockSettings(mode), Ticks()).now() for mode in Mode} == {ORIGIN}


@pytest.mark.parametrize("speed", [0.001, 1, 60, 1_000_000])
def test_real_clock_follows_the_counter_at_its_speed(speed: float) -> None:
    ticks = Ticks()
    clock = Clock(ClockSettings(Mode.REAL, speed), ticks)
    ticks.pass_seconds(10)
    assert clock.now() == pytest.approx(ORIGIN + 10_000 * speed, abs=1)


def test_manual_clock_stands_until_it_is_moved() -> None:
    ticks = Ticks()
    clock = Clock(ClockSettings(Mode.MANUAL), ticks)
    ticks.pass_seconds(100)
    assert clock.now() == ORIGIN
    clock.move(advance=5000)
    assert clock.now() == ORIGIN + 5000


def test_set_goes_back_and_time_goes_on_from_there() -> None:
    ticks = Ticks()
    clock = Clock(ClockSettings(Mode.REAL, 2), ticks)
    ticks.pass_seconds(10)
    clock.move(to=ORIGIN - 1000)
    ticks.pass_seconds(1)
    assert clock.now() == ORIGIN + 1000


def test_change_of_pace_keeps_the_present() -> None:
    ticks = Ticks()
    clock = Clock(ClockSettings(Mode.REAL, 60), ticks)
    ticks.pass_seconds(1)
    clock.move(mode=Mode.MANUAL, speed=60)
    ticks.pass_seconds(50)
    assert clock.now() == ORIGIN + 60_000
    clock.move(mode=Mode.REAL, speed=1)
    ticks.pass_seconds(2)
    assert clock.now() == ORIGIN + 62_000


def test_time_ends_and_stands_there() -> None:
    ticks = Ticks()
    clock = Clock(ClockSettings(Mode.REAL, 1_000_000), ticks)
    clock.move(advance=10**18)
    ticks.pass_seconds(1000)
    assert clock.now() == LATEST


def test_advance_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="set"):
        Clock(ClockSettings(Mode.MANUAL), Ticks()).move(advance=-1)


MOVES = st.one_of(
    st.tuples(st.just("pass"), st.integers(0, 10**12)),
    st.tuples(st.just("advance"), st.integers(0, 10**9)),
    st.tuples(
        st.just("run"), st.sampled_from([ClockSettings(m, s) for m in Mode for s in (0.5, 1, 60)])
    ),
)


@given(st.lists(MOVES, max_size=20))
def test_time_never_goes_back_without_set(moves: list[tuple[str, int | ClockSettings]]) -> None:
    ticks = Ticks()
    clock = Clock(ClockSettings(), ticks)
    before = clock.now()
    for name, value in moves:
        if isinstance(value, ClockSettings):
            clock.move(mode=value.mode, speed=value.speed)
        elif name == "pass":
            ticks.value += value
        else:
            clock.move(advance=value)
        assert clock.now() >= before
        before = clock.now()
