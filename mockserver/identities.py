"""The invented identities of fixtures/<vendor>/identities.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.errors import SetupError
from mockserver.identity import Identity
from mockserver.sandbox import Sandbox
from specs import read_yaml


@dataclass(frozen=True, slots=True)
class Known:
    """One identity with its credentials: `scheme` is bearer, basic or apiKey.

    `secret` is what is sent; of `basic`, client id and secret with a colon between.
    """

    scheme: str
    secret: str
    identity: Identity
    note: str

    def within(self, sandbox: Sandbox) -> str:
        """Return the secret as it chooses `sandbox` by itself."""
        name, colon, rest = self.secret.partition(":")
        return f"{sandbox.mark(name)}{colon}{rest}"


def read_identities(fixtures: Path, vendor: str) -> tuple[Known, ...]:
    """Return the identities of one vendor, in the order of the file.

    Raises:
        SetupError: a row lacks a member, or two have the same credentials.
    """
    path = fixtures / vendor / "identities.yaml"
    raw = read_yaml(path)
    try:
        known = [_known(vendor, row, row["scheme"], row["secret"]) for row in raw["identities"]]
        known += [
            _known(vendor, row, "basic", f"{row['id']}:{row['secret']}")
            for row in raw.get("clients", ())
        ]
    except KeyError as error:
        raise SetupError(f"{path}: an identity lacks {error}") from None
    if len({(row.scheme, row.secret) for row in known}) < len(known):
        raise SetupError(f"{path}: two identities have the same credentials")
    return tuple(known)


def by_secret(known: Iterable[Known]) -> Mapping[tuple[str, str], Identity]:
    """Return identities by scheme and secret."""
    return {(row.scheme, row.secret): row.identity for row in known}


def secrets_within(known: Iterable[Known], sandbox: Sandbox) -> dict[str, str]:
    """Return the secrets that choose `sandbox`, by role; of a client, id and secret apart."""
    secrets: dict[str, str] = {}
    for row in known:
        if row.scheme == "basic":
            name, _, password = row.within(sandbox).partition(":")
            secrets |= {"client-id": name, "client-secret": password}
        else:
            secrets[row.identity.role] = row.within(sandbox)
    return secrets


def _known(vendor: str, row: Mapping[str, Any], scheme: str, secret: str) -> Known:
    identity = Identity(vendor, row["role"], row["account"], frozenset(row["grants"]))
    return Known(scheme, secret, identity, row.get("note", ""))
