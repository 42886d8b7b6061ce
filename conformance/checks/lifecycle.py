"""History judges of a job's states and of the file that goes with them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from conformance.access.ledger import JobHistory, Sighting
from conformance.checks.base import HistoryCase, history_judge
from conformance.checks.histories import Around, Histories, succeeded
from conformance.outcome import Judgement, broken, kept, skipped


@history_judge("never_back")
def never_back(case: HistoryCase, *, states: Sequence[str]) -> Iterator[Judgement]:
    """From `states` a job only goes on along edges of lifecycle.yaml, any number at once."""
    histories = Histories(case)
    reached = False
    for job in case.jobs:
        known = [sighting for sighting in job.sightings if histories.names(sighting)]
        for earlier, later in pairwise(known):
            # Whether what has ended may be deleted on top is the vendor's own affair.
            if histories.within(earlier, states) and not histories.ended_by_us(
                job, earlier.exchange, later.exchange
            ):
                reached = True
                yield _move(case, histories, job, (earlier, later))
    if not reached:
        yield skipped(f"no job was seen again after {_words(case, states)}")


def _move(
    case: HistoryCase, histories: Histories, job: JobHistory, seen: tuple[Sighting, Sighting]
) -> Judgement:
    lifecycle = case.contract.lifecycle
    earlier, later = seen
    starts, ends = histories.names(earlier), histories.names(later)
    if any(end == start or end in lifecycle.reachable(start) for start in starts for end in ends):
        return kept(later.exchange)
    reason = f"the job {job.id} was {earlier.state} and then {later.state}"
    return broken(reason, earlier.exchange, later.exchange)


def _words(case: HistoryCase, states: Sequence[str]) -> str:
    wires = {case.contract.lifecycle.wire(state): None for state in states}
    return " or ".join(wires)


@history_judge("file_in")
def file_in(case: HistoryCase, *, states: Sequence[str]) -> Iterator[Judgement]:
    """The file of a job that was seen in `states`, and in no other after, is given out."""
    histories = Histories(case)
    reached = False
    for around in histories.requests("fetch"):
        stayed = around.after is None or histories.within(around.after, states)
        if histories.within(around.before, states) and stayed:
            seen = around.before.exchange if around.before else None
            if histories.ended_by_us(around.job, seen, around.exchange):
                continue
            reached = True
            yield _given(around)
    if not reached:
        yield skipped(f"no file was asked for while a job was {_words(case, states)}")


def _given(around: Around) -> Judgement:
    if succeeded(around.exchange):
        return kept(around.exchange)
    state = around.before.state if around.before else ""
    status = around.exchange.status
    reason = f"the job {around.job.id} is {state}, but its file is refused by {status}"
    proof = (around.before.exchange,) if around.before else ()
    return broken(reason, *proof, around.exchange)


@history_judge("no_file_in")
def no_file_in(case: HistoryCase, *, states: Sequence[str]) -> Iterator[Judgement]:
    """No file is given out while a job surely is in one of `states`.

    In a state that can lead on to a file, only a request between two sightings tells.
    """
    histories = Histories(case)
    passing = _lead_to_file(case, states)
    reached = False
    for around in histories.requests("fetch"):
        stayed = not passing or histories.within(around.after, states)
        if histories.within(around.before, states) and stayed:
            reached = True
            yield _withheld(around)
    if not reached:
        yield skipped(f"no file was asked for while a job was {_words(case, states)}")


def _lead_to_file(case: HistoryCase, states: Sequence[str]) -> bool:
    lifecycle = case.contract.lifecycle
    onward = {end for state in states for end in lifecycle.reachable(state)}
    return any(lifecycle.states[name].file for name in onward)


def _withheld(around: Around) -> Judgement:
    if not succeeded(around.exchange):
        return kept(around.exchange)
    state = around.before.state if around.before else ""
    reason = f"the job {around.job.id} is {state}, but a file is given out"
    proof = [s.exchange for s in (around.before, around.after) if s is not None]
    return broken(reason, around.exchange, *proof)
