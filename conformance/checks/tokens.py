"""Probes of tokens that are bought with client credentials."""

from collections.abc import Iterator
from typing import Final

from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import refusal
from conformance.contracts.pointing import value_at
from conformance.jobs.askers import PROBE
from conformance.jobs.pilot import Pilot
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange

_NO_TOKEN: Final = "no token was answered"


@probe("token_works", requests=2)
def token_works(case: ProbeCase, *, operation: str) -> Iterator[Judgement]:
    """A token that was bought opens `operation`."""
    bought = _buy(case)
    if bought is None:
        yield skipped(_NO_TOKEN)
        return
    purchase, token = bought
    used = _use(case, operation, token)
    if used.status in {401, 403}:
        yield broken(f"the new token is refused by {used.status}", purchase, used)
    elif used.status is not None and used.status < 400:
        yield kept(purchase, used)


@probe("token_expires", requests=3)
def token_expires(case: ProbeCase, *, operation: str) -> Iterator[Judgement]:
    """A token is refused once the time that came with it is over."""
    if not case.client.has_control:
        yield skipped("only a control URL can make a token old in time")
        return
    bought = _buy(case)
    lasts = value_at(bought[0].json, "/expires_in") if bought else None
    if bought is None or not isinstance(lasts, int) or not case.client.wait(lasts + 1):
        yield skipped(_NO_TOKEN)
        return
    purchase, token = bought
    used = _use(case, operation, token)
    judgement = refusal(used, f"a token that lasted {lasts} s, after that time", ())
    if judgement is not None and judgement.kept is False:
        yield broken(judgement.reason, purchase, used)
    elif judgement is not None:
        yield judgement


def _buy(case: ProbeCase) -> tuple[Exchange, str] | None:
    asked = Pilot(case.client, PROBE).requests.plain(case.requirement.operation or "")
    purchase = asked.send(case.client, PROBE)
    token = value_at(purchase.json, "/access_token") if purchase.status == 200 else None
    return (purchase, token) if isinstance(token, str) else None


def _use(case: ProbeCase, operation: str, token: str) -> Exchange:
    asked: Asked = Pilot(case.client, PROBE).requests.plain(operation)
    headers = {"Authorization": f"Bearer {token}"}
    return asked.send(case.client, PROBE, role=None, valid=None, headers=headers)
