"""The target under test: its URLs, credentials by role, and what the suite may do there."""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.target.user_files import first_invalid, read_user_yaml
from specs import Contract, fixtures
from specs.samples import sample

PRIMARY: Final = "primary"
READER: Final = "reader"
LIMITED: Final = "limited"
FOREIGN: Final = "foreign"
EXPIRED: Final = "expired"
WRONG: Final = "wrong"


def no_credential(role: str) -> str:
    """Return the reason why nothing is sent as `role`."""
    return f"the target file has no `credentials` for the role {role!r}"


@dataclass(frozen=True, slots=True)
class Credential:
    """A role's secrets: a token (bearer or key), or client credentials for one, or both.

    `placeholder` is shown in their place.
    """

    role: str
    placeholder: str
    token: str | None = field(default=None, repr=False)
    client_id: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
    token_url: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent to an operation that reaches other people (EnergyCAP's exec sends mail).

    Path and query values must come from the lists, unless `any_query` allows every query.
    """

    path: Mapping[str, tuple[str, ...]]
    query: Mapping[str, tuple[str, ...]]
    any_query: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A key under `facts` in the target file that a check reads, with an example of its value.

    With `optional` the check judges less without it; else it judges nothing.
    """

    name: str
    example: Any
    meaning: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One implementation of a vendor's API.

    `known` lists, per state of the lifecycle (its name in the file) or any other word a check
    knows, parameters that name an existing job (`{"type": "calls", "id": "…"}`): only read, never
    changed. `absent` lists ids by parameter name that name nothing. `values` are parameter values
    that this account may use. `facts` are other things a check may rely on there. `max_created` is
    how much each operation may make in a run, None for any number; `job_seconds` is how long a job
    takes at most, None where nobody says. `job_id` is where
    responses have a job's id (a JSON pointer, or pointers by operation) if not where the document
    says. `is_built_in`: there is no target file, so that the
    public identities of the fixtures are used.
    """

    vendor: str
    base_url: str
    control_url: str | None = None
    sandbox: str | None = None
    writes: bool = False
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    known: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    absent: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    consent: Mapping[str, Consent] = field(default_factory=dict)
    download_hosts: tuple[str, ...] = ()
    max_created: int | None = None
    job_seconds: float | None = None
    job_id: str | Mapping[str, str] = field(default_factory=dict)
    is_built_in: bool = False

    @property
    def credentials_hint(self) -> str:
        """What to do about rejected credentials; empty where there is a target file."""
        if not self.is_built_in:
            return ""
        return (
            "No target file was given, so the public identities of the mock were used: "
            f"`conformance init {self.vendor} FILE` writes a target file for your own "
            "credentials, --target FILE uses it"
        )

    def has_credential(self, role: str) -> bool:
        """Return True if there is a credential for `role`; a wrong one can always be invented."""
        return role == WRONG or role in self.credentials


# The default of `max_created` where the target is not a loopback address.
DEFAULT_MAX_CREATED: Final = 20
SCHEMA = Path(__file__).with_name("target.schema.json")


def is_loopback(url: str) -> bool:
    """Return True for a URL of this machine: 127.0.0.0/8, ::1 or localhost."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(url: str, flag: str) -> str:
    """Return `url` without a slash at its end.

    Raises:
        UsageError: it is not an http or https URL, or has a user, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        raise UsageError(f"{flag}: {url!r} is not a URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not valid_port:
        raise UsageError(f"{flag}: {url!r} is not an http:// or https:// URL")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"{flag}: the URL must not have a user, a query or a fragment")
    return url.rstrip("/")


def read_target(
    vendor: str,
    base_url: str,
    environment: Mapping[str, str],
    *,
    file: Path | None = None,
    control_url: str | None = None,
    contract: Contract | None = None,
) -> Target:
    """Return the target at `base_url`.

    `environment` is where `env: NAME` in the file is looked up. Without a `file` the target of the
    fixtures is used, on loopback only: for the `contract` of a user's own vendor that of its
    folder, or else the identities that the mock has by default. `control_url` overrides the file's.

    Raises:
        UsageError: something is missing or wrong; the text names the flag or the field.
    """
    base_url = check_url(base_url, "--base-url")
    loopback = is_loopback(base_url)
    is_built_in = file is None
    if file is None:
        if not loopback:
            host = urlsplit(base_url).hostname
            raise UsageError(
                f"{host} is not a loopback address: give its credentials with --target FILE "
                f"(`conformance init {vendor} FILE` writes one)"
            )
        file = _built_in_file(vendor, contract)
    is_default = contract is not None and contract.own and is_built_in and not file.is_file()
    raw = default_target(contract) if contract and is_default else _read(file, vendor)
    control_url = control_url or raw.get("control_url")
    secrets = _SecretReader(file, environment, literal=loopback)
    return Target(
        vendor=vendor,
        base_url=base_url,
        control_url=check_url(control_url, "--control-url") if control_url else None,
        credentials={
            role: secrets.credential(vendor, role, row) for role, row in raw["credentials"].items()
        },
        consent=_consents(file, raw.get("consent", {}), loopback=loopback),
        max_created=raw.get("max_created", None if loopback else DEFAULT_MAX_CREATED),
        is_built_in=is_built_in,
        **_plain_fields(raw),
    )


def _built_in_file(vendor: str, contract: Contract | None) -> Path:
    if contract is None or not contract.own or contract.folder is None:
        return fixtures() / vendor / "target.yaml"
    return contract.folder / "fixtures" / "target.yaml"


def default_target(contract: Contract) -> dict[str, Any]:
    """Return the content of a target file for a vendor that has none: a mock with its defaults.

    Its identities are the roles `user` and `other`, of another account. What a creation names that
    exists already, such as a project, is consented to by an example of the contract.
    """
    vendor = contract.vendor
    create = contract.operations[contract.lifecycle.actions["create"].operation]
    scope = {
        p["name"]: [sample(contract, {"example": p["example"]} if "example" in p else p["schema"])]
        for p in create.parameters
        if p["in"] == "path"
    }
    return {
        "vendor": vendor,
        "writes": True,
        "credentials": {
            PRIMARY: _default_credential(vendor, "user"),
            FOREIGN: _default_credential(vendor, "other"),
        },
        "consent": {create.id: {"path": scope, "any_query": True}} if scope else {},
    }


def _default_credential(vendor: str, role: str) -> dict[str, str]:
    """Return the secret of a role of the mock; as Basic it is the user and the password."""
    secret = f"mock-{vendor}-{role}"
    return {"token": secret, "client_id": secret, "client_secret": secret}


def _plain_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sandbox": raw.get("sandbox"),
        "writes": raw.get("writes", False),
        "known": {state: tuple(rows) for state, rows in raw.get("known", {}).items()},
        "absent": _tuples(raw.get("absent", {})),
        "values": _tuples(raw.get("values", {})),
        "facts": raw.get("facts", {}),
        "job_seconds": raw.get("job_seconds"),
        "job_id": raw.get("job_id", {}),
        "download_hosts": tuple(raw.get("download_hosts", ())),
    }


def vendor_of(file: Path) -> str:
    """Return the vendor of a target file.

    Raises:
        UsageError: the file cannot be read, or is invalid; the text names the place.
    """
    return str(_read(file)["vendor"])


def unset_variables(file: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the environment variables that a target file names and that are not set.

    Raises:
        UsageError: as above.
    """
    rows = _read(file)["credentials"].values()
    secrets = [value for row in rows for value in row.values() if isinstance(value, dict)]
    names = dict.fromkeys(str(secret["env"]) for secret in secrets)
    return tuple(name for name in names if not environment.get(name))


def _read(file: Path, vendor: str | None = None) -> dict[str, Any]:
    raw = read_user_yaml(file, "--target")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    if invalid := first_invalid(schema, raw, file, "--target"):
        raise UsageError(f"--target: {file}: {': '.join(invalid)}")
    if vendor is not None and raw["vendor"] != vendor:
        raise UsageError(f"--target: {file}: /vendor: it is for {raw['vendor']!r}, not {vendor!r}")
    target: dict[str, Any] = raw
    return target


class _SecretReader:
    """Reads secrets from the environment; literal ones are for loopback targets only."""

    def __init__(self, file: Path, environment: Mapping[str, str], *, literal: bool) -> None:
        self._file = file
        self._environment = environment
        self._literal = literal

    def credential(self, vendor: str, role: str, row: Mapping[str, Any]) -> Credential:
        values = {
            name: self._value(role, name, row[name])
            for name in ("token", "client_id", "client_secret")
            if name in row
        }
        middle = "" if role == PRIMARY else f"{role.upper()}_"
        placeholder = f"${vendor.upper().replace('-', '_')}_{middle}TOKEN"
        return Credential(role, placeholder, token_url=row.get("token_url"), **values)

    def _value(self, role: str, name: str, value: Any) -> str:
        place = f"--target: {self._file}: /credentials/{role}/{name}"
        if isinstance(value, str):
            if name != "client_id" and not self._literal:
                raise UsageError(f"{place}: use an environment variable instead: {{env: NAME}}")
            return _sendable(value, place, name)
        secret = self._environment.get(value["env"])
        if not secret:
            raise UsageError(f"{place}: the environment variable {value['env']} is not set")
        return _sendable(secret, f"{place}: the environment variable {value['env']}", name)


def _sendable(secret: str, place: str, name: str) -> str:
    """Return `secret`.

    Raises:
        UsageError: it begins or ends with white space, or cannot be in an HTTP header.
    """
    if secret != secret.strip():
        raise UsageError(f"{place}: has white space (a line end?) at its beginning or its end")
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in secret):
        raise UsageError(f"{place}: has a control character, which no HTTP header may have")
    # Client credentials are sent in Base64; a token is sent as it is.
    if name == "token" and not secret.isascii():
        raise UsageError(f"{place}: has a character that is not ASCII")
    return secret


def _consents(file: Path, rows: Mapping[str, Any], *, loopback: bool) -> dict[str, Consent]:
    for name, row in rows.items():
        if row.get("any_query") and not loopback:
            raise UsageError(
                f"--target: {file}: /consent/{name}/any_query: only on a loopback address; "
                "elsewhere name the allowed values under `query`"
            )
    return {name: _consent(row) for name, row in rows.items()}


def _consent(row: Mapping[str, Any]) -> Consent:
    def texts(name: str) -> dict[str, tuple[str, ...]]:
        lists = row.get(name, {})
        return {key: tuple(str(value) for value in values) for key, values in lists.items()}

    return Consent(texts("path"), texts("query"), row.get("any_query", False))


def _tuples(lists: Mapping[str, list[Any]]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(values) for name, values in lists.items()}
