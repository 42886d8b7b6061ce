"""Who may come in: EnergyCAP's API keys and the Manage rights."""

from dataclasses import dataclass

from flask import request

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.world import ENERGYCAP_KEYS, MANAGE, Caller

_ANYONE = Caller("acme", frozenset({MANAGE}))


@dataclass(frozen=True, slots=True)
class Door:
    """Checks keys; a bad one and a missing right are both 401."""

    stage: Stage

    def admit(self) -> Caller:
        """Whoever has a key."""
        caller = ENERGYCAP_KEYS.get(_key())
        if caller is None:
            raise Refusal(401, "a valid ECI-ApiKey is needed")
        return caller

    def admit_manager(self) -> Caller:
        """Whoever may manage distributions; no defect opens this door."""
        caller = self.admit()
        if MANAGE not in caller.rights:
            raise self._missing_right()
        return caller

    def admit_grouper(self) -> Caller:
        """Whoever may manage report groups."""
        caller = self._caller("ec-group-key-unneeded", "ec-group-any-key-ok")
        if MANAGE not in caller.rights and not self.stage.broken("ec-group-viewer"):
            raise self._missing_right()
        return caller

    def admit_runner(self) -> Caller:
        """Whoever may run a distribution."""
        if _starts_like_a_key(_key()) and self.stage.broken("ec-exec-key-prefix"):
            return _ANYONE
        caller = self._caller("ec-exec-key-unneeded", "ec-exec-any-key-ok")
        if MANAGE not in caller.rights and not self.stage.broken("ec-exec-right-ignored"):
            raise self._missing_right()
        return caller

    def _caller(self, unasked: str, unchecked: str) -> Caller:
        if not _key() and self.stage.broken(unasked):
            return _ANYONE
        if _key() and _key() not in ENERGYCAP_KEYS and self.stage.broken(unchecked):
            return _ANYONE
        return self.admit()

    def _missing_right(self) -> Refusal:
        status = 403 if self.stage.free("ec-free-403") else 401
        return Refusal(status, "the key lacks the Manage permission")


def _key() -> str:
    return request.headers.get("ECI-ApiKey", "")


def _starts_like_a_key(key: str) -> bool:
    return any(key.startswith(known) for known in ENERGYCAP_KEYS)
