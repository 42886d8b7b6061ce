"""The session of a run: whether an API answers to the credentials, and the clean-up at its end."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from conformance.contract_queries import create_operations, id_parameters, token_operation
from conformance.errors import SuiteError, TargetUnavailable
from conformance.http import REDIRECTS, SAFE_METHODS, Exchange
from conformance.http.adapter import (
    CA_BUNDLE_VARIABLES,
    AdapterFactory,
    GuardedAdapter,
    Session,
    check_ca_bundle,
)
from conformance.http.limits import Budget, Clock, SystemClock
from conformance.http.redaction import Redactor
from conformance.http.transport import ResponseLimits, Transport
from conformance.request_data import parameter_values
from conformance.settings import Settings
from conformance.target import PRIMARY, Target, is_loopback
from conformance.target.client import Client
from conformance.target.control import TOKEN_VARIABLE, ControlPlane
from conformance.target.credentials import Credentials, token_endpoint
from conformance.target.tracker import created_job_id, expected_id, observed_state
from specs import Contract, Operation

DRIVER: Final = "preflight"
MAX_REQUESTS: Final = 3
MAX_LOCATION: Final = 200
REJECTIONS: Final = frozenset({401, 403})
CLEAN_UP: Final = "clean-up"
MAX_NAMED: Final = 5
GONE: Final = frozenset({403, 404, 410})
NOT_OFFERED: Final = frozenset({405, 501})


def open_session(
    contract: Contract,
    target: Target,
    settings: Settings,
    clock: Clock | None = None,
    adapter: AdapterFactory = GuardedAdapter,
) -> Client:
    """Return a client for `target`; nothing is sent yet.

    `adapter` makes the adapter for a base URL and the hosts of downloads.

    Raises:
        UsageError: the file of certificate authorities holds none.
    """
    if settings.ca_bundle is not None:
        check_ca_bundle(settings.ca_bundle, "--ca-bundle")
    elif not is_loopback(target.base_url):
        for name in CA_BUNDLE_VARIABLES:
            if file := os.environ.get(name):
                check_ca_bundle(file, name)
    budget = Budget(clock or SystemClock(), settings.max_requests, settings.rate, settings.max_time)
    redactor = Redactor()
    limits = ResponseLimits(settings.timeout)

    def transport_to(url: str, download_hosts: tuple[str, ...] = ()) -> Transport:
        session = Session(adapter(url, download_hosts), settings.ca_bundle)
        direct = is_loopback(url)
        return Transport(
            url, session, redactor=redactor, budget=budget, limits=limits, direct=direct
        )

    transport = transport_to(target.base_url, target.download_hosts)
    token_urls = {c.token_url for c in target.credentials.values() if c.token_url}
    token_endpoints = {url: token_endpoint(url, transport_to) for url in token_urls}
    credentials = Credentials(contract, target, transport, token_endpoints)
    control = None
    if target.control_url is not None:
        direct = is_loopback(target.control_url)
        session = Session(adapter(target.control_url, ()), settings.ca_bundle)
        control = ControlPlane(
            target.control_url,
            session,
            target.sandbox,
            settings.timeout,
            direct=direct,
            token=os.environ.get(TOKEN_VARIABLE),
        )
    return Client(contract, target, transport, credentials, control)


def preflight(client: Client) -> None:
    """Send safe requests until one is answered by the API, and not refused or redirected.

    Raises:
        TargetUnavailable: the base URL or the control URL does not answer, the credentials are
            rejected there, or every request is redirected.
        UsageError: the control URL is none, or asks for a token.
    """
    target = client.target
    client.check_control()
    blocked = []
    safe = [o for o in client.contract.operations.values() if o.method in SAFE_METHODS]
    for operation in safe[:MAX_REQUESTS]:
        values = parameter_values(client, operation)
        exchange = client.call(
            operation.id, path=values["path"], query=values["query"], driver=DRIVER
        )
        if exchange.failure is not None:
            raise TargetUnavailable(f"{target.base_url} cannot be reached: {exchange.failure}")
        if exchange.status not in REJECTIONS | REDIRECTS:
            return
        # A redirect that the contract allows (to a file) shows neither an API nor its absence.
        if exchange.status in REJECTIONS or exchange.status not in operation.responses:
            blocked.append(exchange)
    if blocked:
        raise TargetUnavailable(_reason(target, blocked))


def _reason(target: Target, blocked: list[Exchange]) -> str:
    redirected = next((e for e in blocked if e.status in REDIRECTS), None)
    if redirected is None or redirected.response is None:
        hint = f". {target.credentials_hint}" if target.credentials_hint else ""
        return (
            f"{target.base_url} rejects the credentials of the role {PRIMARY!r}: "
            f"it answered {blocked[0].status}{hint}"
        )
    location = redirected.response.headers.get("Location", "")
    request = redirected.request
    sent = urlsplit(request.url)
    remedy = _remedy(target.base_url, sent, location)
    return (
        f"{target.base_url} redirects instead of answering: {request.method} {sent.path} was "
        f"answered {redirected.status} with {_shown(location)}; {remedy}"
    )


def _shown(location: str) -> str:
    if not location:
        return "no Location"
    # The query of a login page may hold what is nobody's business, and can be very long.
    text = "".join(letter if letter.isprintable() else "?" for letter in location)
    path, mark, _ = text.partition("?")
    text = f"{path}?…" if mark else path
    return f"Location: {text if len(text) <= MAX_LOCATION else text[:MAX_LOCATION] + '…'}"


def _remedy(base_url: str, sent: SplitResult, location: str) -> str:
    """Return what the user should probably do about a redirect."""
    try:
        url = urljoin(sent.geturl(), location)
        to = urlsplit(url)
        same_host = to.hostname == sent.hostname
    except ValueError:
        return "the Location is not a URL: check --base-url"
    base = urlsplit(base_url)
    own_path = sent.path.removeprefix(base.path)
    prefix = to.path.removesuffix(own_path)
    if location and to.path.endswith(own_path) and (to[:2] != sent[:2] or prefix != base.path):
        return f"give --base-url {to.scheme}://{to.netloc}{prefix}"
    if same_host and to.path.rstrip("/") == sent.path.rstrip("/") and to.path != sent.path:
        return (
            "the paths of the contract have another end (a slash or none): let the server, or "
            "what stands before it, route them as they are"
        )
    if to.path == sent.path and same_host and location:
        return "it leads to where it came from: check the server, or what stands before it"
    return (
        "this looks like a login page or another site: check --base-url and the credentials, "
        "or go around the proxy or the sign-on that stands before the API"
    )


# --- The end: what was created is deleted


@dataclass(frozen=True, slots=True)
class CreatedResource:
    """Something that the run created: its id, the parameters that take it, its creation."""

    id: str
    parameters: tuple[str, ...]
    origin: Exchange


def clean_up(client: Client) -> tuple[str, ...]:
    """Delete what this run created and can delete; return sentences about what is left.

    From here on the run may use what its budget reserves for this.
    """
    client.budget.closing = True
    left: list[str] = []
    undeletable: list[str] = []
    for resource in _created_resources(client):
        deletes = [o for o in _operations_on(client, resource) if o.method == "DELETE"]
        if not deletes:
            undeletable.append(resource.id)
        elif not _delete(client, resource, deletes):
            left.append(resource.id)
    sentences = {
        "Left behind at the target": left,
        "Created by this run, and not to be deleted by this API": undeletable,
    }
    remaining = tuple(_sentence(subject, ids) for subject, ids in sentences.items() if ids)
    return (*remaining, *_without_id(client), *_unanswered(client))


def _unanswered(client: Client) -> Iterator[str]:
    """Yield a sentence for each operation whose responses were lost, when it may have made things.

    They are not looked for: what a list shows may be somebody else's.
    """
    token = token_operation(client.contract)
    lost: Counter[str] = Counter()
    for exchange in client.exchanges:
        name, is_post = exchange.operation, exchange.request.method == "POST"
        if name and is_post and exchange.valid is not False and (token is None or name != token.id):
            lost[name] += exchange.unanswered
    for name, count in sorted((+lost).items()):
        yield (
            f"Responses to {name} that were lost: {count}; what the target made or sent on these "
            "requests, if anything, is left behind."
        )


def _without_id(client: Client) -> Iterator[str]:
    """Yield a sentence for each operation that created jobs without showing their ids."""
    contract = client.contract
    for name in create_operations(contract):
        if id_parameters(contract, contract.operations[name]):
            continue
        lost = [
            exchange
            for exchange in client.exchanges
            if exchange.operation == name
            and 200 <= (exchange.status or 0) < 300
            and exchange.request.method == contract.operations[name].method
            and created_job_id(contract, exchange) is None
        ]
        if lost:
            yield (
                f"Created by {name} and left behind, for their ids are not known: {len(lost)}; "
                f"{expected_id(contract, lost[0])}."
            )


def _sentence(subject: str, ids: list[str]) -> str:
    more = f" and {len(ids) - MAX_NAMED} more" if len(ids) > MAX_NAMED else ""
    return f"{subject}: {', '.join(ids[:MAX_NAMED])}{more}."


def _created_resources(client: Client) -> list[CreatedResource]:
    """Return what was created; resources of two kinds may have the same id."""
    resources: dict[tuple[str, int], CreatedResource] = {}
    for name in client.tracker.parameters:
        for value, origin in client.tracker.origins(name):
            key = (value, origin.number)
            parameters = resources[key].parameters if key in resources else ()
            resources[key] = CreatedResource(value, (*parameters, name), origin)
    return list(resources.values())


def _operations_on(client: Client, resource: CreatedResource) -> list[Operation]:
    """Return the operations whose path has the resource's id, and no other but its creation's."""
    scope = resource.origin.path_parameters.keys()
    return [
        operation
        for operation in client.contract.operations.values()
        if (ids := set(id_parameters(client.contract, operation)) - scope)
        and len(ids) == 1
        and ids <= set(resource.parameters)
    ]


def _delete(client: Client, resource: CreatedResource, deletes: list[Operation]) -> bool:
    statuses = set()
    try:
        for operation in deletes:
            status = _call(client, operation, resource).status
            if status in {200, 202, 204}:
                return _is_gone(client, resource)
            statuses.add(status)
    except (SuiteError, LookupError):
        return False
    refusals = statuses - NOT_OFFERED
    return bool(refusals) and refusals <= GONE  # it was deleted before


def _is_gone(client: Client, resource: CreatedResource) -> bool:
    """Read the resource again, where that is possible: it must be gone, or in a final state."""
    lifecycle = client.contract.lifecycle
    poll = lifecycle.actions["poll"].operation
    for operation in _operations_on(client, resource):
        location = lifecycle.locations.get(operation.id)
        if operation.method != "GET" or (location and operation.id != poll):
            continue
        exchange = _call(client, operation, resource)
        shown = observed_state(lifecycle, exchange, exchange.json) if location else None
        if shown is not None:
            return not shown.states or any(lifecycle.states[name].final for name in shown.states)
        return exchange.status in GONE
    return True


def _call(client: Client, operation: Operation, resource: CreatedResource) -> Exchange:
    origin = resource.origin.path_parameters
    names = [p["name"] for p in operation.parameters if p["in"] == "path"]
    path = {n: resource.id if n in resource.parameters else origin[n] for n in names}
    role = resource.origin.request.role
    return client.call(operation.id, path=path, driver=CLEAN_UP, role=role)
