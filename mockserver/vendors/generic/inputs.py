"""What a creation was sent: kept in the details of its job, by place."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from re import compile as pattern
from typing import Any

from mockserver.http.messages import Request
from mockserver.jobs.repository import NewJob
from mockserver.vendors.generic.context import ABSENT, input_reader
from mockserver.vendors.generic.files import FORMAT
from mockserver.vendors.generic.operations import flatten
from mockserver.vendors.generic.served import query_keys
from specs import Contract, Operation, pointer
from specs.contract import json_schema_of
from specs.values import plain_name, words

DEFAULT_ACCOUNT = "default"
"""The account of callers of a contract without credentials."""

_FORMATS = words("format fileformat outputformat exportformat reportformat filetype")
_NAMES = words("name title exportname reportname jobname displayname")
_PLAIN = pattern(r"[A-Za-z0-9._-]{1,64}")


class Inputs:
    """Reads the creations of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._scope = _scope_of(contract)
        self._headers = _header_inputs(contract)

    def details(self, request: Request) -> dict[str, Any]:
        """Return the details of the job that a creation asks for: the inputs, name and format."""
        return self._with_names(self._sent(request))

    def group(self, account: str, path: Mapping[str, Any]) -> str:
        """Return the group of jobs of an account, and of what the path of a list names."""
        if not self._scope:
            return account
        return _group(account, tuple([str(path[name]) for name in self._scope if name in path]))

    def _sent(self, request: Request) -> dict[str, Any]:
        secrets = query_keys(self._contract, request.operation)
        places = {
            "body": request.body,
            "path": dict(request.path),
            "query": {name: it for name, it in request.query.items() if name not in secrets},
            "header": {
                name: request.headers[name] for name in self._headers if name in request.headers
            },
        }
        if isinstance(request.body, dict):
            places["body"] = {**self._defaults(request.operation), **request.body}
        return {place: sent for place, sent in places.items() if sent}

    def _defaults(self, operation: Operation) -> Mapping[str, Any]:
        document = self._contract.openapi
        schema = json_schema_of((operation.body or {}).get("content", {}))
        members = {
            name: flatten(document, row)
            for name, row in pointer.properties(document, schema).items()
        }
        return {name: row["default"] for name, row in members.items() if "default" in row}

    def _with_names(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        details = dict(sent)
        values: dict[str, Any] = {}
        for place in ("query", "path", "body"):
            values |= sent[place] if isinstance(sent.get(place), dict) else {}
        for name, known in (("name", _NAMES), (FORMAT, _FORMATS)):
            found = next((v for key, v in values.items() if plain_name(key) in known), None)
            if isinstance(found, str):
                details[name] = found
        spec = self._contract.lifecycle.file
        if spec is not None and spec.format is not None:
            wanted = input_reader(spec.format)(NewJob("", "", "", sent))
            if wanted is not ABSENT:
                details[FORMAT] = str(wanted)
        return details


@lru_cache(maxsize=1024)  # few accounts have all jobs
def _group(account: str, values: tuple[str, ...]) -> str:
    if not all(map(_PLAIN.fullmatch, values)):  # keys of stores have a limit
        values = (blake2b("&".join(values).encode(), digest_size=12).hexdigest(),)
    return "/".join((account, *values))


def account_of(request: Request) -> str:
    """Return the account of the caller."""
    return DEFAULT_ACCOUNT if request.identity is None else request.identity.account


def _scope_of(contract: Contract) -> tuple[str, ...]:
    """Return the parameters of a list's path that the path of the creation has too."""
    actions = contract.lifecycle.actions
    names = [
        {
            row["name"]
            for row in contract.operations[action.operation].parameters
            if row["in"] == "path"
        }
        for action in (actions["create"], actions.get("list"))
        if action is not None
    ]
    return tuple(sorted(names[0] & names[1])) if len(names) > 1 else ()


def _header_inputs(contract: Contract) -> frozenset[str]:
    """Return the request headers, in lower case, that a declared value is taken from."""
    rows = (row for rows in contract.lifecycle.values.values() for row in rows)
    named = (str(row.argument) for row in rows if row.kind == "input")
    return frozenset(n.partition(" ")[2].lower() for n in named if n.startswith("header "))
