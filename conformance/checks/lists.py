"""Probes of lists: what was created is in them, what belongs to others is not."""

from collections.abc import Iterator
from typing import Final

from conformance.access.target import FOREIGN, PRIMARY
from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import NO_SUBJECT, Subject
from conformance.contracts.pointing import value_at
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.traffic.exchange import Exchange

_NO_LIST: Final = "the list did not show any items"


@probe("created_is_listed", writes=True, requests=3)
def created_is_listed(case: ProbeCase) -> Iterator[Judgement]:
    """A job that was just created is in the list."""
    subject = Subject(case)
    handle = subject.fresh()
    if handle is None:
        yield skipped(NO_SUBJECT)
        return
    shown: list[Exchange] = []
    for exchange in subject.pilot.listed(subject.operation, handle, PRIMARY):
        ids = _ids(subject, exchange)
        if ids is None:
            break
        shown.append(exchange)
        if handle.id in ids:
            yield kept(exchange)
            return
    job = subject.pilot.history(handle)
    created = (job.request,) if job and job.request else ()
    if shown:
        yield broken(f"the job {handle.id} is not in the list", *created, *shown)
    else:
        yield skipped(_NO_LIST)


@probe("list_hides_foreign", roles=[FOREIGN], requests=3)
def list_hides_foreign(case: ProbeCase, *, role: str = FOREIGN) -> Iterator[Judgement]:
    """The list that another account sees has none of the jobs of this run."""
    subject = Subject(case)
    handle = next(iter(subject.own()), None) or subject.fresh()
    if handle is None:
        yield skipped(NO_SUBJECT)
        return
    own = {one.id for one in subject.own()}
    for exchange in subject.pilot.listed(subject.operation, handle, role):
        ids = _ids(subject, exchange)
        if ids is None:
            yield skipped(_NO_LIST)
            return
        if strange := sorted(own & ids):
            yield broken(f"another account sees the job {strange[0]}", exchange)
            return
        yield kept(exchange)


def _ids(subject: Subject, exchange: Exchange) -> set[str] | None:
    location = subject.pilot.lifecycle.locations.get(subject.operation)
    items = value_at(exchange.json, location.items or "") if location else None
    if exchange.status != 200 or not isinstance(items, list) or location is None:
        return None
    return {str(value_at(item, location.id)) for item in items}
