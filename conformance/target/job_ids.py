"""Ids of created jobs and resources: where a response has them, and where else they may be."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from conformance.contract_queries import (
    RESPONSE_BODY,
    account_parameters,
    create_operations,
    id_parameters,
    id_type,
    job_parameter,
    link_expressions,
    match_path,
    parameter_type,
    strings_in,
    value_at,
)
from conformance.errors import UsageError
from conformance.http import NOT_JSON, Exchange
from conformance.http.request import parse_url
from specs import Contract, Operation

# Where APIs put the id of a new job, flat or wrapped.
USUAL_WRAPPERS: Final = ("", "/job", "/result", "/data", "/result/job", "/data/job")
USUAL_NAMES: Final = ("id", "jobId", "job_id")
MAX_BODY_SHOWN: Final = 80


def with_configured_ids(contract: Contract, configured: str | Mapping[str, str]) -> Contract:
    """Return the contract with the locations of job ids that a target file gives.

    Args:
        contract: the vendor's contract.
        configured: a JSON pointer for all operations that create jobs, or pointers by operation.

    Raises:
        UsageError: an operation is not one whose response has a job's id.
    """
    locations = dict(contract.lifecycle.locations)
    if isinstance(configured, str):
        configured = {name: configured for name in create_operations(contract) if name in locations}
    for name, pointer in configured.items():
        if name not in locations:
            known = ", ".join(sorted(locations))
            raise UsageError(f"--target: /job_id: unknown operation {name!r} (known: {known})")
        locations[name] = replace(locations[name], configured_id=pointer)
    return replace(contract, lifecycle=replace(contract.lifecycle, locations=locations))


def created_ids(contract: Contract, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield (parameter name, id) of what an answered exchange has created.

    A POST without an id creates something. Its links say which parameters take the new id; a
    job's id fits the path of every operation in the lifecycle; and a field that is called like an
    id parameter of another operation fits that one.
    """
    operation = contract.operations[exchange.operation or ""]
    if contract.own and operation.id == contract.lifecycle.actions["create"].operation:
        yield from _created_job(contract, exchange)
        return
    if operation.method != "POST" or id_parameters(contract, operation):
        return
    if operation.id in contract.lifecycle.locations:
        id_ = created_job_id(contract, exchange)
        for action in contract.lifecycle.actions.values():
            for name in id_parameters(contract, contract.operations[action.operation]):
                if type(id_) is parameter_type(contract, name):
                    yield name, str(id_)
    for name, pointer in _id_pointers(contract, operation, exchange.status or 0):
        value = value_at(exchange.json, pointer)
        if type(value) is parameter_type(contract, name) and value != "":
            yield name, str(value)


def _created_job(contract: Contract, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield the id of a created job by each parameter that takes one, once."""
    id_ = created_job_id(contract, exchange)
    operations = (action.operation for action in contract.lifecycle.actions.values())
    names = (job_parameter(contract, operation) for operation in operations)
    for name in dict.fromkeys(name for name in names if name is not None):
        if id_ is not None:
            yield name, str(id_)


def _id_pointers(
    contract: Contract, operation: Operation, status: int
) -> Iterator[tuple[str, str]]:
    for name, expression in link_expressions(operation, status):
        if expression.startswith(RESPONSE_BODY):
            yield name, expression.removeprefix(RESPONSE_BODY)
    for other in contract.operations.values():
        for name in id_parameters(contract, other):
            yield name, f"/{name}"


def created_job_id(contract: Contract, exchange: Exchange) -> str | int | None:
    """Return the id of the job that a successful creation created, None where it shows none.

    It is looked for where the target file says, where the document says, in the Location header and
    the links of the body, and in the usual places. It has the type that the contract gives it.
    """
    operation, status = exchange.operation or "", exchange.status or 0
    type_ = id_type(contract, operation, status)
    location = contract.lifecycle.locations[operation]
    value: Any = shown_id(contract, operation, exchange, exchange.json)
    if value is not None:
        return value if isinstance(value, int) else str(value)
    if (linked := _linked_id(contract, exchange)) is not None and type_ is str:
        return linked
    own = set(map(str, exchange.path_parameters.values()))
    names = (location.id.rpartition("/")[2], *USUAL_NAMES)
    for pointer in (f"{wrapper}/{name}" for wrapper in USUAL_WRAPPERS for name in names):
        value = value_at(exchange.json, pointer)
        if type(value) is type_ and value != "" and str(value) not in own:
            return value if isinstance(value, int) else str(value)
    return None


def shown_id(
    contract: Contract, operation_id: str, exchange: Exchange, item: Any
) -> str | int | None:
    """Return the id of a job where the target file or the lifecycle says, None without one.

    `item` is the body, or what a list has of the job. An id of another type identifies no job.
    """
    location = contract.lifecycle.locations[operation_id]
    type_ = id_type(contract, operation_id, exchange.status or 0)
    in_link = location.id_header is not None or location.id_link is not None
    places = (location.configured_id, None if in_link else location.id)
    for pointer in (place for place in places if place is not None):
        value = value_at(item, pointer)
        if type(value) is type_ and value != "":
            return value if isinstance(value, int) else str(value)
    headers = exchange.response.headers if exchange.response else {}
    return location.id_in(item, headers) if in_link else None


def _linked_id(contract: Contract, exchange: Exchange) -> str | None:
    """Return the id in the Location header, or in a link of the body to the poll of the job."""
    poll = contract.lifecycle.actions["poll"].operation
    name = job_parameter(contract, poll)
    if name is None or exchange.response is None:
        return None
    template = contract.operations[poll].path
    header = exchange.response.headers.get("Location", "")
    for text in (header, *strings_in(exchange.json)):
        url = parse_url(text, exchange.request.url) if text else None
        if url is not None and (values := match_path(template, url.path)):
            return values[name]
    return None


def missing_id_reason(contract: Contract, exchanges: Iterable[Exchange]) -> str | None:
    """Return why no job of the run is known: no creation succeeded, or showed an id; else None."""
    create = contract.lifecycle.actions["create"].operation
    creations = [e for e in exchanges if e.operation == create and e.status is not None]
    successes = [e for e in creations if 200 <= (e.status or 0) < 300]
    if creations and not successes:
        names = ", ".join(account_parameters(contract, contract.operations[create]))
        advice = f" (it may need `values` in the target file for {names})" if names else ""
        return f"no {create} succeeded, the first was answered {creations[0].status}{advice}"
    if not successes or any(created_job_id(contract, e) is not None for e in successes):
        return None
    return f"{create} was answered {successes[0].status}: {expected_id(contract, successes[0])}"


def expected_id(contract: Contract, exchange: Exchange) -> str:
    """Return where the id of a creation was expected, and what the response was."""
    location = contract.lifecycle.locations[exchange.operation or ""]
    place = location.configured_id or location.id or location.id_link
    place = place or f"the end of the header {location.id_header}"
    return (
        f"expected the id at {place}, got {_shown(exchange)} "
        "(`job_id` in the target file says where it is)"
    )


def _shown(exchange: Exchange) -> str:
    if exchange.json is NOT_JSON:
        size = len(exchange.response_body)
        return f"a body of {size} bytes that is not JSON" if size else "no body"
    text = json.dumps(exchange.json, ensure_ascii=False)
    return text if len(text) <= MAX_BODY_SHOWN else f"{text[:MAX_BODY_SHOWN]}…"
