"""The invented identities of fixtures/<vendor>/identities.yaml."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mockserver.auth import Identity
from mockserver.errors import ConfigurationError
from mockserver.sandbox.sandbox import Sandbox
from specs import Contract
from specs.explanation import FileShape

_SHAPE = Path(__file__).with_name("identities.schema.json")


@dataclass(frozen=True, slots=True)
class Credential:
    """One identity with its credentials: `scheme` is bearer, basic or apiKey.

    `secret` is what is sent; of `basic`, client id and secret with a colon between.
    """

    scheme: str
    secret: str
    identity: Identity
    note: str

    def for_sandbox(self, sandbox: Sandbox) -> str:
        """Return the secret as it chooses `sandbox` by itself."""
        name, colon, rest = self.secret.partition(":")
        return f"{sandbox.tag_secret(name)}{colon}{rest}"


def read_identities(path: Path, raw: Any, contract: Contract) -> tuple[Credential, ...]:
    """Return the identities of one vendor, in the order of the file; `raw` is its content.

    Raises:
        ConfigurationError: a row is invalid; the text names file, location and reason.
    """
    for place, reason in FileShape(orjson.loads(_SHAPE.read_bytes())).errors(raw):
        raise ConfigurationError(f"{path}: {place}: {reason}")
    if raw["vendor"] != contract.vendor:
        raise ConfigurationError(f"{path}: /vendor: must be the folder's name, {contract.vendor!r}")
    known = [
        _known(contract.vendor, row, row["scheme"], row["secret"]) for row in raw["identities"]
    ]
    clients = [
        _known(contract.vendor, row, "basic", f"{row['id']}:{row['secret']}")
        for row in raw.get("clients", ())
    ]
    _check(path, "/identities", known, contract)
    _check(path, "/clients", clients, contract)
    return (*known, *clients)


def default_identities(contract: Contract) -> tuple[Credential, ...]:
    """Return the identities of a user's vendor without an identities.yaml.

    `user` and `other` have all grants, each in an account of its own, and a secret for each kind
    of scheme.
    """
    grants = frozenset(row.grant for row in contract.operations.values() if row.grant)
    schemes = contract.openapi["components"]["securitySchemes"].values()
    kinds = {"apiKey" if s["type"] == "apiKey" else str(s["scheme"]).lower() for s in schemes}
    known = []
    for role, account in (("user", "default"), ("other", "other")):
        identity = Identity(contract.vendor, role, account, grants)
        secret = f"mock-{contract.vendor}-{role}"
        for kind in sorted(kinds, reverse=True):
            shown = f"{secret}:mock-secret" if kind == "basic" else secret
            known.append(Credential(kind, shown, identity, f"the account {account}"))
    return tuple(known)


def _check(path: Path, location: str, rows: list[Credential], contract: Contract) -> None:
    grants = {operation.grant for operation in contract.operations.values()} - {None}
    for number, row in enumerate(rows):
        before = rows[:number]
        if any((it.scheme, it.secret) == (row.scheme, row.secret) for it in before):
            raise ConfigurationError(f"{path}: {location}/{number}/secret: duplicate secret")
        if any(it.identity.role == row.identity.role for it in before):
            raise ConfigurationError(
                f"{path}: {location}/{number}/role: duplicate role {row.identity.role}"
            )
        if unknown := sorted(row.identity.grants - grants):
            known = ", ".join(sorted(map(str, grants)))
            raise ConfigurationError(
                f"{path}: {location}/{number}/grants: unknown grant {unknown[0]}; known: {known}"
            )


def index_by_secret(known: Iterable[Credential]) -> Mapping[tuple[str, str], Identity]:
    """Return identities by scheme and secret."""
    return {(row.scheme, row.secret): row.identity for row in known}


def secrets_for_sandbox(known: Iterable[Credential], sandbox: Sandbox) -> dict[str, str]:
    """Return the secrets that choose `sandbox`, by role; of a client, id and secret apart."""
    secrets: dict[str, str] = {}
    for row in known:
        if row.scheme == "basic":
            name, _, password = row.for_sandbox(sandbox).partition(":")
            secrets |= {"client-id": name, "client-secret": password}
        else:
            secrets[row.identity.role] = row.for_sandbox(sandbox)
    return secrets


def headers_for_sandbox(
    known: Iterable[Credential], sandbox: Sandbox, key_header: str
) -> dict[str, dict[str, str]]:
    """Return the headers that requests of each role carry; `client` is that of a client."""
    headers: dict[str, dict[str, str]] = {}
    for row in known:
        secret = row.for_sandbox(sandbox)
        if row.scheme == "basic":
            encoded = b64encode(secret.encode()).decode()
            headers.setdefault("client", {"Authorization": f"Basic {encoded}"})
            headers.setdefault(row.identity.role, {"Authorization": f"Basic {encoded}"})
        elif row.scheme == "bearer":
            headers[row.identity.role] = {"Authorization": f"Bearer {secret}"}
        elif key_header:
            headers[row.identity.role] = {key_header: secret}
    return headers


def key_header(openapi: Mapping[str, Any]) -> str:
    """Return the header that a vendor's API key comes in; empty where it has none."""
    schemes = openapi["components"]["securitySchemes"].values()
    keys = (row for row in schemes if row["type"] == "apiKey" and row["in"] == "header")
    return next((str(row["name"]) for row in keys), "")


def _known(vendor: str, row: Mapping[str, Any], scheme: str, secret: str) -> Credential:
    identity = Identity(vendor, row["role"], row["account"], frozenset(row["grants"]))
    return Credential(scheme, secret, identity, row.get("note", ""))
