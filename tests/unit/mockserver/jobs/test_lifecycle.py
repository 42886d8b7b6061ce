"""The state of a job follows from its facts and the time, goes forward only, and along edges."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import specs
from mockserver.errors import ApiError
from mockserver.jobs import Job, Schedule
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import current_state, force_outcome, timeline, transition
from specs import Lifecycle
from tests.unit.mockserver.vendor_harness import contract_of, make_sandbox

PLAN: Schedule = (("A", 5), ("B", 10), ("C", None))


def job(plan: Schedule = PLAN) -> Job:
    return Job(id="x", vendor="v", group="g", account="a", created_at=100, schedule=plan)


@pytest.mark.parametrize(
    ("now", "state"),
    [(0, "A"), (100, "A"), (104, "A"), (105, "B"), (114, "B"), (115, "C"), (9**9, "C")],
)
def test_plan_runs_by_itself(now: int, state: str) -> None:
    assert current_state(job(), now) == state


def test_states_without_a_stay_are_passed_through() -> None:
    plan: Schedule = (("A", 0), ("B", 0), ("C", 7), ("D", None))
    assert current_state(job(plan), 100) == "C"
    assert timeline(job(plan), 100) == (("A", 100), ("B", 100), ("C", 100))


def test_the_last_state_of_a_plan_stays_even_if_it_has_an_end() -> None:
    assert current_state(job((("A", 5), ("B", 5))), 999) == "B"
    assert timeline(job((("A", 5), ("B", 5))), 999) == (("A", 100), ("B", 105))


@pytest.mark.parametrize("now", [0, 100, 10**15])
def test_a_plan_of_one_state_holds_it(now: int) -> None:
    assert current_state(job((("B", None),)), now) == "B"


def test_after_a_move_the_rest_of_the_plan_goes_on() -> None:
    started = transition(job(), "B", 102)
    assert timeline(started, 999) == (("A", 100), ("B", 102), ("C", 112))
    assert [current_state(started, now) for now in (102, 111, 112)] == ["B", "B", "C"]


def test_a_state_outside_the_plan_stays() -> None:
    gone = transition(job(), "X", 107)
    assert timeline(gone, 999) == (("A", 100), ("B", 105), ("X", 107))
    assert current_state(gone, 10**9) == "X"


@pytest.mark.parametrize("until", [0, 99, 100])
def test_moves_stay_when_the_clock_is_set_back(until: int) -> None:
    gone = transition(job(), "X", 107)
    assert current_state(gone, until) == "X"
    assert timeline(gone, until)[-1] == ("X", 107)


lifecycles = st.sampled_from(
    [
        contract_of(vendor, profile).lifecycle
        for vendor in specs.vendors()
        for profile in specs.PROFILES
    ]
)


@st.composite
def plans(draw: Any, lifecycle: Lifecycle) -> Schedule:
    """A plan along the lifecycle's edges that time goes."""
    state = lifecycle.initial
    steps: list[tuple[str, int | None]] = []
    while ways := [e.end for e in lifecycle.edges if e.start == state and e.by == "time"]:
        if steps and draw(st.booleans()):
            break
        steps.append((state, draw(st.integers(0, 90_000))))
        state = draw(st.sampled_from(ways))
    return (*steps, (state, None))


ACTS = st.sampled_from(["wait", "wait", "wait", "start", "cancel", "delete", "force"])


@given(data=st.data(), lifecycle=lifecycles)
def test_whatever_is_done_states_go_along_edges_and_never_back(
    data: st.DataObject, lifecycle: Lifecycle
) -> None:
    repository = JobRepository(lifecycle)
    sandbox = make_sandbox()
    plan = data.draw(plans(lifecycle))
    (found,) = repository.create(sandbox, [NewJob("x", "a", "g", schedule=plan)])
    seen = [current_state(found, sandbox.now())]
    for act in data.draw(st.lists(ACTS, max_size=8)):
        try:
            if act == "wait":
                sandbox.clock.move(advance=data.draw(st.integers(0, 100_000)))
            elif act == "force":
                outcome = data.draw(st.sampled_from(sorted(lifecycle.states)))
                found = repository.force_state(sandbox, found, outcome)
            elif act in lifecycle.actions:
                found = repository.apply_transition(sandbox, lifecycle.actions[act], found)
        except ApiError:
            event("refused")
        assert repository.find(sandbox, "x") == found
        seen.append(current_state(found, sandbox.now()))
        assert timeline(found, sandbox.now())[-1][0] == seen[-1]
    for one, other in pairwise(seen):
        assert other == one or other in lifecycle.reachable(one)
    whole = timeline(found, 10**15)
    edges = {(edge.start, edge.end) for edge in lifecycle.edges}
    assert {(one, other) for (one, _), (other, _) in pairwise(whole) if one != other} <= edges
    assert [at for _, at in whole] == sorted(at for _, at in whole)


@given(data=st.data(), lifecycle=lifecycles)
def test_reading_again_later_never_leads_back(data: st.DataObject, lifecycle: Lifecycle) -> None:
    read = Job("x", "v", "g", "a", 0, data.draw(plans(lifecycle)))
    moments = sorted(data.draw(st.lists(st.integers(0, 300_000), min_size=2)))
    for one, other in pairwise(current_state(read, moment) for moment in moments):
        assert other == one or other in lifecycle.reachable(one)


@given(data=st.data(), lifecycle=lifecycles, now=st.integers(0, 200_000))
def test_a_decided_job_ends_in_its_outcome_or_cannot(
    data: st.DataObject, lifecycle: Lifecycle, now: int
) -> None:
    before = Job("x", "v", "g", "a", 0, data.draw(plans(lifecycle)))
    outcome = data.draw(st.sampled_from(sorted(lifecycle.states)))
    present = current_state(before, now)
    reachable = lifecycle.reachable(present) | {present}
    if outcome not in reachable:
        with pytest.raises(ApiError) as caught:
            force_outcome(lifecycle, before, outcome, now)
        assert caught.value.status == 409
        assert caught.value.field == "outcome"
        return
    after = force_outcome(lifecycle, before, outcome, now)
    assert after.outcome == outcome
    assert current_state(after, now) == current_state(after, 10**15) == outcome
    assert timeline(after, now)[: len(timeline(before, now))] == timeline(before, now)
    edges = {(edge.start, edge.end) for edge in lifecycle.edges}
    whole = timeline(after, 10**15)
    assert {(one, other) for (one, _), (other, _) in pairwise(whole)} <= edges


def test_an_outcome_comes_at_once_and_stays() -> None:
    lifecycle = contract_of("talkdesk").lifecycle
    plan = JobRepository(lifecycle).default_schedule
    failed = force_outcome(lifecycle, Job("x", "v", "g", "a", 0, plan), "FAILED", 2_000)
    assert timeline(failed, 10**9) == (("CREATED", 0), ("FAILED", 2_000))


def test_a_job_may_be_held_where_it_is() -> None:
    lifecycle = contract_of("talkdesk").lifecycle
    plan = JobRepository(lifecycle).default_schedule
    held = force_outcome(lifecycle, Job("x", "v", "g", "a", 0, plan), "CREATED", 2_000)
    assert current_state(held, 10**9) == "CREATED"


def test_a_held_job_goes_to_its_outcome_at_once() -> None:
    lifecycle = contract_of("talkdesk").lifecycle
    held = Job("x", "v", "g", "a", 0, (("DONE", None),))
    assert current_state(force_outcome(lifecycle, held, "DELETED", 50), 50) == "DELETED"


def test_a_wire_name_means_the_first_state_that_can_be() -> None:
    lifecycle = contract_of("energycap").lifecycle
    run = Job("x", "v", "g", "a", 0, JobRepository(lifecycle).default_schedule)
    assert force_outcome(lifecycle, run, "Not sent", 0).outcome == "NOT_SENT"


@pytest.mark.parametrize("name", ["", "done", "NOTHING"])
def test_an_unknown_outcome_is_refused_with_those_known(name: str) -> None:
    lifecycle = contract_of("talkdesk").lifecycle
    with pytest.raises(ApiError, match="known: CREATED, PROCESSING") as caught:
        force_outcome(lifecycle, Job("x", "v", "g", "a", 0, PLAN), name, 0)
    assert caught.value.status == 400


def test_a_failed_job_that_is_started_again_has_the_usual_plan() -> None:
    lifecycle = contract_of("clinicalone").lifecycle
    repository, sandbox = JobRepository(lifecycle), make_sandbox()
    plan: Schedule = (("WAITING", 1_000), ("RUNNING", 1_000), ("FAILED", None))
    (made,) = repository.create(sandbox, [NewJob("x", "a", "g", schedule=plan)])
    sandbox.clock.move(advance=5_000)
    again = repository.apply_transition(sandbox, lifecycle.actions["start"], made)
    states = [state for state, _ in timeline(again, 10**15)]
    assert states == ["WAITING", "RUNNING", "FAILED", "RUNNING", "SUCCEEDED"]
