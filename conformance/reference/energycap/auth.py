"""Authentication at EnergyCAP: API keys and the Manage right."""

from dataclasses import dataclass

from flask import request

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.seed_data import ENERGYCAP_KEYS, MANAGE, Caller

_HEADER = "ECI-ApiKey"
_ANYONE = Caller("acme", frozenset({MANAGE}))


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks API keys; an invalid key and a missing right are both 401."""

    context: AppContext

    def authenticate(self) -> Caller:
        """Return the caller of a valid key."""
        caller = ENERGYCAP_KEYS.get(self._key())
        if caller is None:
            status = 403 if self.context.has_variant("ec-free-bad-key-403") else 401
            raise ApiError(status, "a valid ECI-ApiKey is needed")
        return caller

    def authenticate_manager(self) -> Caller:
        """Return the caller, who needs the Manage right; no defect changes this."""
        caller = self.authenticate()
        if MANAGE not in caller.rights:
            raise self._missing_right()
        return caller

    def authenticate_reader(self) -> Caller:
        """Return the caller, who may read distributions and logs."""
        if self.context.has_defect("ec-dist-viewer"):
            return self.authenticate()
        return self.authenticate_manager()

    def authenticate_group_manager(self) -> Caller:
        """Return the caller, who may manage report groups."""
        caller = self._caller("ec-group-key-unneeded", "ec-group-any-key-ok")
        if MANAGE not in caller.rights and not self.context.has_defect("ec-group-viewer"):
            raise self._missing_right()
        return caller

    def authenticate_runner(self) -> Caller:
        """Return the caller, who may run a distribution."""
        known = self._key() in ENERGYCAP_KEYS
        same = self._key().lower() in ENERGYCAP_KEYS
        if same and not known and self.context.has_defect("ec-exec-key-case-ignored"):
            return _ANYONE
        if _starts_like_a_key(self._key()) and self.context.has_defect("ec-exec-key-prefix"):
            return _ANYONE
        caller = self._caller("ec-exec-key-unneeded", "ec-exec-any-key-ok")
        if MANAGE not in caller.rights and not self.context.has_defect("ec-exec-right-ignored"):
            raise self._missing_right()
        return caller

    def _caller(self, no_credential_defect: str, any_credential_defect: str) -> Caller:
        if not self._key() and self.context.has_defect(no_credential_defect):
            return _ANYONE
        empty = no_credential_defect.replace("key-unneeded", "empty-key-ok")
        if _HEADER in request.headers and not self._key() and self.context.has_defect(empty):
            return _ANYONE
        if (
            self._key()
            and self._key() not in ENERGYCAP_KEYS
            and self.context.has_defect(any_credential_defect)
        ):
            return _ANYONE
        return self.authenticate()

    def _key(self) -> str:
        in_query = self.context.has_defect("ec-key-in-query")
        return request.headers.get(_HEADER) or (request.args.get(_HEADER, "") if in_query else "")

    def _missing_right(self) -> ApiError:
        status = 403 if self.context.has_variant("ec-free-403") else 401
        return ApiError(status, "the key lacks the Manage permission")


def _starts_like_a_key(key: str) -> bool:
    return any(key.startswith(known) for known in ENERGYCAP_KEYS)
