"""The header Prefer, as users of Prism know it: `code=404`, `example=csv`, `dynamic=true`.

The reply that is asked for comes in place of the handler's, fits the contract, and changes
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.errors import BrokenReply, Refusal
from mockserver.http.apis import Party
from mockserver.http.headers import read_directives
from mockserver.http.messages import Call, Reply
from mockserver.openapi.examples import SampleReplies

_OURS = ("code", "example", "dynamic", "fault")
_APPLIED = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a request would like; `fault` is written like X-Mock-Fault, within quotes."""

    code: str | None = None
    example: str | None = None
    dynamic: bool = False
    fault: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether a reply is chosen."""
        return self.dynamic or self.code is not None or self.example is not None


def read_prefer(text: str) -> Preference:
    """Return the preferences that are known; RFC 7240 lets the others, and bad ones, pass."""
    try:
        groups = read_directives(text) if text else []
    except ValueError:
        return Preference()
    told = {name.lower(): value for group in groups for name, value in group}
    ours = {name: value or "" for name, value in told.items() if name in _OURS}
    return Preference(
        code=ours.get("code"),
        example=ours.get("example"),
        dynamic=ours.get("dynamic", "").lower() == "true",
        fault=ours.get("fault"),
    )


class Preferences:
    """Answers requests as they prefer. `parties` are the vendors by name."""

    def __init__(self, parties: Mapping[str, Party]) -> None:
        self._parties = parties
        self._samples = {name: SampleReplies(party.openapi) for name, party in parties.items()}

    def answer(self, call: Call) -> Reply | None:
        """Return the reply that a call prefers; None where it leaves the choice to the handler.

        Raises:
            Refusal: the operation has no such status or example; the message lists what it has.
        """
        party = self._parties.get(call.operation.vendor)
        preference = read_prefer(call.headers["prefer"])
        if party is None or not preference.chooses:
            return None
        status = _status(call, preference)
        if preference.example is None and not preference.dynamic and status >= 400:
            reply = self._error(call, party, status)
        else:
            reply = self._sample(call, preference, status)
        applied = {_APPLIED: f"code={status}"}
        return reply._replace(headers={**reply.headers, **applied})

    def _sample(self, call: Call, preference: Preference, status: int) -> Reply:
        samples, operation = self._samples[call.operation.vendor], call.operation
        chance = call.sandbox.ids.random(f"prefer {operation.id} {status}", 0)
        try:
            return samples.make(
                operation, status, chance, example=preference.example, drawn=preference.dynamic
            )
        except LookupError:
            names = ", ".join(samples.examples(operation, status)) or "none"
            raise _refuse(
                call, f"status {status} has no example {preference.example}; it has: {names}"
            ) from None

    def _error(self, call: Call, party: Party, status: int) -> Reply:
        """Return the vendor's own error; a sample where the contract has another one."""
        refusal = Refusal(status, "This answer was asked for with Prefer.")
        sample = self._sample(call, Preference(), status)
        if self._samples[party.name].has_example(call.operation, status):
            return sample
        reply = party.error(refusal, call.operation)
        reply = reply._replace(headers={**sample.headers, **reply.headers})
        try:
            party.plans[call.operation.id].replies.check(reply)
        except BrokenReply:
            return sample
        return reply


def _status(call: Call, preference: Preference) -> int:
    operation = call.operation
    if preference.code is None:
        return operation.success
    listed = [status for status in operation.responses if str(status) == preference.code]
    if not listed:
        known = ", ".join(map(str, sorted(operation.responses)))
        raise _refuse(call, f"{operation.id} has no status {preference.code[:20]}; it has: {known}")
    return listed[0]


def _refuse(call: Call, reason: str) -> Refusal:
    status = min(status for status in call.operation.responses if 400 <= status < 500)
    return Refusal(status, f"Prefer: {reason}.", field="Prefer", reason=reason)
