"""Writes a commented target file for a vendor, from its contract."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from conformance.contract_queries import (
    account_parameters,
    job_parameter,
    token_operation,
)
from conformance.errors import UsageError
from conformance.target import DEFAULT_MAX_CREATED, EXPIRED, FOREIGN, LIMITED, READER, Fact, Target
from conformance.target.safety import CreationQuota, WritePolicy
from conformance.target.tracker import ResourceTracker
from specs import Contract

ROLES = {
    READER: "may only read",
    LIMITED: "is authenticated, but lacks the permissions of the operations (more: limited_…)",
    FOREIGN: "belongs to another account: must not see the data of yours",
    EXPIRED: "was valid once: its time is over, or it was revoked",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` must know of an account: each is the value of a key, or leaves it a comment.

    `client`: there are client credentials instead of a token. `roles` are the further credentials.
    """

    writes: bool = False
    client: bool = False
    roles: tuple[str, ...] = ()
    max_created: int = DEFAULT_MAX_CREATED
    job_seconds: float | None = None
    control_url: str | None = None


def ask_for_answers(contract: Contract, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to the questions of `init`; what an option says is not asked."""
    answers = dict(given)
    ask = partial(click.confirm, default=False, err=True)
    if answers["client"] is None and token_operation(contract) is not None:
        answers["client"] = ask("Have you client credentials rather than a token?")
    if answers["writes"] is None:
        answers["writes"] = ask("May a run create, change and delete resources of its own?")
    if answers["writes"] and answers["max_created"] is None:
        question = "How many may each operation create at most?"
        answers["max_created"] = click.prompt(
            question, type=click.IntRange(1), default=20, err=True
        )
    if not answers["roles"]:
        roles = [name for name, meaning in ROLES.items() if ask(f"A credential that {meaning}?")]
        answers["roles"] = tuple(roles)
    if answers["job_seconds"] is None:
        question = "How many seconds does a job take at most (0: unknown)?"
        seconds = click.prompt(question, type=click.FloatRange(0), default=0.0, err=True)
        answers["job_seconds"] = seconds or None
    return answers


def target_template(
    contract: Contract, facts: Sequence[Fact] = (), answers: Answers | None = None
) -> str:
    """Return the text of a target file that loads as it is, once its variables are set.

    `facts` are what the checks of the vendor read under that key.
    """
    return "\n".join(_lines(contract, facts, answers or Answers())) + "\n"


def write_template(
    contract: Contract,
    file: Path,
    *,
    force: bool,
    facts: Sequence[Fact] = (),
    answers: Answers | None = None,
) -> None:
    """Write the target file.

    Raises:
        UsageError: the file exists and `force` is not set, or it cannot be written.
    """
    if file.exists() and not force:
        raise UsageError(f"{file} exists; --force overwrites it")
    try:
        file.write_text(target_template(contract, facts, answers), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def _lines(contract: Contract, facts: Sequence[Fact], answers: Answers) -> Iterator[str]:
    vendor = contract.vendor
    yield f"# Target file for: conformance run {vendor} --base-url URL --target THIS-FILE"
    yield "# What can be judged with it: conformance check-target THIS-FILE"
    yield "# Secrets are never written here: `env` names the environment variable that holds one."
    yield f"vendor: {vendor}"
    yield ""
    yield from _writes(contract, answers)
    yield ""
    yield from _credentials(contract, answers)
    yield ""
    yield from _known(contract)
    yield from _values(contract)
    yield from _consent(contract)
    yield from _facts(facts)
    yield ""
    yield "# Hosts to which a redirect to a file may be followed, without credentials."
    yield "download_hosts: []"
    yield ""
    yield "# A mock's control plane, to move its clock instead of waiting, and its sandbox."
    url = answers.control_url
    yield f"control_url: {json.dumps(url)}" if url else "# control_url: http://127.0.0.1:8080/_mock"
    yield "# sandbox: mine"


def _writes(contract: Contract, answers: Answers) -> Iterator[str]:
    yield "# false: the run only reads, and skips what needs writes. true: it creates, changes"
    yield "# and deletes resources of its own, and never touches what it did not create."
    yield f"writes: {str(answers.writes).lower()}"
    yield "# At most so many resources per run may be created by each of:"
    yield from (f"#   {name}" for name in CreationQuota(contract).create_operations)
    yield f"max_created: {answers.max_created}"
    yield "# How long a job takes at most, in seconds: without it, slowness is never a breach."
    seconds = answers.job_seconds
    yield "# job_seconds: 60" if seconds is None else f"job_seconds: {seconds:g}"
    yield "# Where responses have the id of a job, if neither where the document says nor in a"
    yield "# usual place: one JSON pointer for all creations, or pointers by operation (relative to"
    yield "# an item where that shows a list)."
    yield f"# job_id: {{{_id_places(contract)}}}"


def _id_places(contract: Contract) -> str:
    return ", ".join(f"{n}: {place.id}" for n, place in contract.lifecycle.locations.items())


def _credentials(contract: Contract, answers: Answers) -> Iterator[str]:
    name = contract.vendor.upper().replace("-", "_")
    yield "credentials:"
    yield "  # May do everything that is judged."
    operation = token_operation(contract)
    if operation is not None and answers.client:
        yield f"  # Client credentials for {operation.id}; tokens are renewed."
        yield "  primary:"
        yield f"    client_id: {{env: {name}_CLIENT_ID}}"
        yield f"    client_secret: {{env: {name}_CLIENT_SECRET}}"
        yield "    # token_url: https://another.host/oauth/token"
        yield f"    # token: {{env: {name}_TOKEN}}"
    else:
        yield f"  primary: {{token: {{env: {name}_TOKEN}}}}"
    if operation is not None and not answers.client:
        yield f"  # Instead of a token, or in addition, the client credentials for {operation.id};"
        yield "  # tokens are renewed."
        yield "  # primary:"
        yield f"  #   client_id: {{env: {name}_CLIENT_ID}}"
        yield f"  #   client_secret: {{env: {name}_CLIENT_SECRET}}"
        yield "  #   token_url: https://another.host/oauth/token"
    yield "  # What needs one of these roles is skipped without it."
    for role, meaning in ROLES.items():
        sign = "" if role in answers.roles else "# "
        yield f"  {sign}{role}: {{token: {{env: {name}_{role.upper()}_TOKEN}}}}  # {meaning}"


def _known(contract: Contract) -> Iterator[str]:
    poll = contract.lifecycle.actions.get("fetch", contract.lifecycle.actions["poll"]).operation
    operation = contract.operations[poll]
    job = job_parameter(contract, poll)
    required = [p["name"] for p in operation.parameters if p.get("required") or p["name"] == job]
    row = ", ".join(f"{name}: …" for name in required)
    yield "# Existing jobs, by state: only read, never changed. They show what a run cannot"
    yield f"# cause by itself. States: {', '.join(contract.lifecycle.states)}."
    yield "known: {}"
    if row:
        yield f"#   {next(iter(contract.lifecycle.states))}: [{{{row}}}]"
    yield "# Ids that certainly do not exist, by parameter."
    yield "absent: {}"


def _values(contract: Contract) -> Iterator[str]:
    names = sorted(
        {name for o in contract.operations.values() for name in account_parameters(contract, o)}
    )
    yield ""
    yield "# Values of this account, by parameter or body member; the default is the contract's"
    yield "# examples."
    yield "values: {}"
    for name in names:
        yield f"#   {name}: []"


def _consent(contract: Contract) -> Iterator[str]:
    policy = WritePolicy(contract, Target(contract.vendor, ""), ResourceTracker(contract))
    operations = [o for o in contract.operations.values() if policy.needs_consent(o)]
    if not operations:
        return
    yield ""
    yield "# These act on what exists already, and may send mail to people. They are sent only"
    yield "# with a consent that names the resources, and whom they may reach."
    yield "consent: {}"
    for operation in operations:
        places: dict[str, dict[str, list[object]]] = {
            place: {p["name"]: [] for p in operation.parameters if p["in"] == place}
            for place in ("path", "query")
        }
        rows = [f"{place}: {_flow(names)}" for place, names in places.items() if names]
        yield f"#   {operation.id}:" if rows else f"#   {operation.id}: {{}}"
        yield from (f"#     {row}" for row in rows)
    yield "# `any_query: true` in one of them allows every query, on a loopback address only."


def _facts(facts: Sequence[Fact]) -> Iterator[str]:
    yield ""
    yield "# What else is known of the account, for single checks."
    yield "facts: {}"
    yield from (f"#   {f.name}: {f.example}  # {f.meaning}" for f in facts)


def _flow(names: Mapping[str, list[object]]) -> str:
    return "{" + ", ".join(f"{name}: {values}" for name, values in names.items()) + "}"
