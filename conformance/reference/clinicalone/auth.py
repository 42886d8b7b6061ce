"""Authentication at Clinical One: bearer tokens and their rights."""

from dataclasses import dataclass

from flask import request

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.seed_data import CLINICALONE_TOKENS, DOWNLOAD, POSTING, Caller

_EXPIRED = "mock-clinicalone-expired"
_ANYONE = Caller("acme", frozenset({POSTING, DOWNLOAD}))


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks bearer tokens; an invalid token and a missing right are both 401."""

    context: AppContext

    def authenticate_kickoff(self) -> Caller:
        """Return the caller, who needs the right ReportingPost."""
        caller = self._caller("c1-kickoff-no-token-ok", "c1-kickoff-any-token-ok")
        if caller is None:
            raise _unauthorised()
        if POSTING not in caller.rights and not self.context.has_defect("c1-kickoff-right-ignored"):
            raise _unauthorised(403 if self.context.has_defect("c1-kickoff-right-403") else 401)
        return caller

    def authenticate_download(self) -> Caller:
        """Return the caller, who needs the right ReportingDownload, for the file itself."""
        caller = self._caller("c1-download-no-token-ok", "c1-download-any-token-ok")
        lax = self.context.has_defect("c1-download-right-ignored")
        if caller is None or not (lax or DOWNLOAD in caller.rights):
            broken = self.context.has_defect("c1-download-unauthorised-403")
            raise _unauthorised(403 if broken else 401)
        return caller

    def authenticate(self, right: str, refusal: int = 401) -> Caller:
        """Return the caller, who needs the right; no defect changes this."""
        caller = _known(request.headers.get("Authorization", ""))
        if caller is None or right not in caller.rights:
            raise _unauthorised(refusal)
        return caller

    def _caller(self, no_credential_defect: str, any_credential_defect: str) -> Caller | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return _ANYONE if self.context.has_defect(no_credential_defect) else None
        if self._accepts_malformed(header, no_credential_defect):
            return _ANYONE
        return _known(header) or (
            _ANYONE if self.context.has_defect(any_credential_defect) else None
        )

    def _accepts_malformed(self, header: str, no_credential_defect: str) -> bool:
        scheme, _, token = header.partition(" ")
        if token == _EXPIRED and self.context.has_defect("c1-expired-token-ok"):
            return True
        operation = no_credential_defect.removesuffix("-no-token-ok")
        if not token and self.context.has_defect(f"{operation}-empty-token-ok"):
            return True
        if operation == "c1-kickoff":
            known = token in CLINICALONE_TOKENS and scheme.lower() != "bearer"
            return known and self.context.has_defect("c1-kickoff-scheme-ignored")
        known = token.lower() in CLINICALONE_TOKENS and token not in CLINICALONE_TOKENS
        return known and self.context.has_defect("c1-download-token-case-ignored")


def _known(header: str) -> Caller | None:
    scheme, _, token = header.partition(" ")
    return CLINICALONE_TOKENS.get(token) if scheme.lower() == "bearer" else None


def _unauthorised(status: int = 401) -> ApiError:
    headers = {"WWW-Authenticate": 'Bearer realm="reporting"'} if status == 401 else {}
    return ApiError(status, "the user may not use this resource", headers=headers)
