"""Who may come in: Clinical One's bearer tokens and their rights."""

from dataclasses import dataclass

from flask import request

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.world import CLINICALONE_TOKENS, DOWNLOAD, POSTING, Caller

_ANYONE = Caller("acme", frozenset({POSTING, DOWNLOAD}))


@dataclass(frozen=True, slots=True)
class Door:
    """Checks tokens; a bad one and a missing right are both 401."""

    stage: Stage

    def admit_kickoff(self) -> Caller:
        """Whoever has the right ReportingPost."""
        caller = self._caller("c1-kickoff-no-token-ok", "c1-kickoff-any-token-ok")
        if caller is None:
            raise _unauthorised()
        if POSTING not in caller.rights and not self.stage.broken("c1-kickoff-right-ignored"):
            raise _unauthorised(403 if self.stage.broken("c1-kickoff-right-403") else 401)
        return caller

    def admit_download(self) -> Caller:
        """Whoever has the right ReportingDownload, for the file itself."""
        caller = self._caller("c1-download-no-token-ok", "c1-download-any-token-ok")
        if caller is None or DOWNLOAD not in caller.rights:
            broken = self.stage.broken("c1-download-unauthorised-403")
            raise _unauthorised(403 if broken else 401)
        return caller

    def admit(self, right: str) -> Caller:
        """Whoever has the right; no defect opens this door."""
        caller = _known(request.headers.get("Authorization", ""))
        if caller is None or right not in caller.rights:
            raise _unauthorised()
        return caller

    def _caller(self, unasked: str, unchecked: str) -> Caller | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return _ANYONE if self.stage.broken(unasked) else None
        return _known(header) or (_ANYONE if self.stage.broken(unchecked) else None)


def _known(header: str) -> Caller | None:
    scheme, _, token = header.partition(" ")
    return CLINICALONE_TOKENS.get(token) if scheme.lower() == "bearer" else None


def _unauthorised(status: int = 401) -> Refusal:
    headers = {"WWW-Authenticate": 'Bearer realm="reporting"'} if status == 401 else {}
    return Refusal(status, "the user may not use this resource", headers=headers)
