"""The files that a run was given, each with the format that its job states."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.access.ledger import JobHistory
from conformance.checks.base import HistoryCase
from conformance.checks.histories import Histories
from conformance.checks.reading import sent_json
from conformance.contracts.naming import given
from conformance.contracts.pointing import value_at
from conformance.jobs.askers import DOWNLOAD
from conformance.traffic.exchange import Exchange, Received


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file of a job, from the fetch itself or from where its redirect led."""

    exchange: Exchange
    received: Received
    format: str


def deliveries(case: HistoryCase, stated: str, asked: str) -> Iterator[Delivery]:
    """Yield the files of jobs whose format is known, in lower case; see `file_format`."""
    histories = Histories(case)
    downloads = [exchange for exchange in case.exchanges if exchange.driver == DOWNLOAD]
    for job in case.jobs:
        form = _stated(case, job, stated) or _asked(job, asked)
        if form is None:
            continue
        for exchange in _fetched(histories, downloads, job):
            received = exchange.received
            if received is not None and received.complete and received.status == 200:
                yield Delivery(exchange, received, form.lower())


def _fetched(
    histories: Histories, downloads: list[Exchange], job: JobHistory
) -> Iterator[Exchange]:
    for around in histories.of(job, "fetch"):
        yield around.exchange
    for exchange in downloads:
        if job.id in map(str, exchange.path_parameters.values()):
            yield exchange


def _stated(case: HistoryCase, job: JobHistory, pointer: str) -> str | None:
    poll = case.contract.lifecycle.roles["poll"].operation
    location = case.contract.lifecycle.locations[poll]
    for sighting in job.sightings if pointer else ():
        if sighting.exchange.operation != poll:
            continue
        body = sighting.exchange.json
        items = value_at(body, location.items) if location.items is not None else [body]
        for item in items if isinstance(items, list) else ():
            value = value_at(item, pointer)
            named = location.items is None or str(value_at(item, location.id)) == job.id
            if named and isinstance(value, str):
                return value
    return None


def _asked(job: JobHistory, name: str) -> str | None:
    if job.request is None:
        return None
    value = value_at(sent_json(job.request), f"/{name}")
    value = value if isinstance(value, str) else given(job.request).get(name)
    return value if isinstance(value, str) else None
