"""The first requests of a run: is anybody there, and do they know us?"""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.access.client import Client
from conformance.access.target import PRIMARY
from conformance.contracts.inspection import SAFE
from conformance.failures import NotJudged
from conformance.requests.filling import parameters
from conformance.traffic.exchange import Exchange
from specs import Operation

DRIVER = "preflight"
MOST = 3


def reach(client: Client) -> None:
    """Send a safe request or two.

    Raises:
        NotJudged: nobody answers at the base URL or at the control URL, or the credentials are
            refused there.
    """
    if not client.control_answers():
        raise NotJudged(f"--control-url: nobody answers at {client.target.control_url}/health")
    answers = []
    for operation in _safe(client):
        exchange = _ask(client, operation)
        if exchange.failure is not None:
            raise NotJudged(f"{client.target.base_url} cannot be reached: {exchange.failure}")
        answers.append(exchange.status)
        if exchange.status not in {401, 403}:
            return
    if answers:
        raise NotJudged(
            f"{client.target.base_url} refuses the credentials of the role {PRIMARY!r}: "
            f"it answered {answers[0]}"
        )


def _safe(client: Client) -> Iterator[Operation]:
    found = [o for o in client.contract.operations.values() if o.method in SAFE]
    yield from found[:MOST]


def _ask(client: Client, operation: Operation) -> Exchange:
    values: Mapping[str, Mapping[str, Any]] = parameters(client, operation)
    return client.call(operation.id, path=values["path"], query=values["query"], driver=DRIVER)
