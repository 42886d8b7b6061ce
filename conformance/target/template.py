"""Writes a commented target file for a vendor, from its contract."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance.contract_queries import (
    id_parameters,
    job_parameter,
    parameter_schema,
    token_operation,
)
from conformance.errors import UsageError
from conformance.target.config import DEFAULT_MAX_CREATED, FOREIGN, LIMITED, READER, Target
from conformance.target.safety import CreationQuota, WritePolicy
from conformance.target.tracker import ResourceTracker
from specs import Contract, Operation

ROLES = {
    READER: "may only read",
    LIMITED: "is known, but lacks what the operations ask for",
    FOREIGN: "belongs to another account: must not see what yours holds",
}


def target_template(contract: Contract) -> str:
    """Return the text of a target file that loads as it is, once its variables are set."""
    return "\n".join(_lines(contract)) + "\n"


def write_template(contract: Contract, file: Path, *, force: bool) -> None:
    """Write the target file.

    Raises:
        UsageError: the file is there already and `force` is not set, or it cannot be written.
    """
    if file.exists() and not force:
        raise UsageError(f"{file} is there already; --force writes over it")
    try:
        file.write_text(target_template(contract), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def _lines(contract: Contract) -> Iterator[str]:
    vendor = contract.vendor
    yield f"# Who is judged by: conformance run {vendor} --base-url URL --target THIS-FILE"
    yield "# Secrets are never written here: `env` names the environment variable that holds one."
    yield f"vendor: {vendor}"
    yield ""
    yield "# false: the run only reads, and skips what it cannot try so. true: it creates, changes"
    yield "# and deletes things of its own, and never touches what it did not make."
    yield "writes: false"
    yield "# So much each of these may make in a run, at most:"
    yield from (f"#   {name}" for name in CreationQuota(contract).create_operations)
    yield f"max_created: {DEFAULT_MAX_CREATED}"
    yield ""
    yield from _credentials(contract)
    yield ""
    yield from _known(contract)
    yield from _values(contract)
    yield from _consent(contract)
    yield ""
    yield "# Hosts to which a redirect to a file may be followed, without credentials."
    yield "download_hosts: []"
    yield ""
    yield "# A mock's control plane, to move its clock instead of waiting, and its sandbox."
    yield "# control_url: http://127.0.0.1:8080/_mock"
    yield "# sandbox: mine"


def _credentials(contract: Contract) -> Iterator[str]:
    name = contract.vendor.upper()
    yield "credentials:"
    yield "  # May do everything that is to be judged."
    yield f"  primary: {{token: {{env: {name}_TOKEN}}}}"
    desk = token_operation(contract)
    if desk is not None:
        yield f"  # Instead of a token, or beside it, what {desk.id} takes; tokens are renewed."
        yield "  # primary:"
        yield f"  #   client_id: {{env: {name}_CLIENT_ID}}"
        yield f"  #   client_secret: {{env: {name}_CLIENT_SECRET}}"
        yield "  #   token_url: https://another.host/oauth/token"
    yield "  # What these roles would show is skipped where they are not named."
    for role, meaning in ROLES.items():
        yield f"  # {role}: {{token: {{env: {name}_{role.upper()}_TOKEN}}}}  # {meaning}"


def _known(contract: Contract) -> Iterator[str]:
    poll = contract.lifecycle.actions.get("fetch", contract.lifecycle.actions["poll"]).operation
    operation = contract.operations[poll]
    job = job_parameter(contract, poll)
    required = [p["name"] for p in operation.parameters if p.get("required") or p["name"] == job]
    row = ", ".join(f"{name}: …" for name in required)
    yield "# Jobs that are there, by state: only read, never changed. They show what a run cannot"
    yield f"# cause by itself. States: {', '.join(contract.lifecycle.states)}."
    yield "known: {}"
    if row:
        yield f"#   {next(iter(contract.lifecycle.states))}: [{{{row}}}]"
    yield "# Ids that certainly name nothing, by parameter."
    yield "absent: {}"


def _values(contract: Contract) -> Iterator[str]:
    names = sorted({name for o in contract.operations.values() for name in _free(contract, o)})
    yield ""
    yield "# Values of this account, by parameter or member of a body; the contract's examples do"
    yield "# for what is not named."
    yield "values: {}"
    for name in names:
        yield f"#   {name}: []"


def _free(contract: Contract, operation: Operation) -> Iterator[str]:
    """Yield the parameters whose right values only the account knows."""
    ids = id_parameters(contract, operation)
    for parameter in operation.parameters:
        schema = parameter_schema(contract, parameter)
        closed = {"enum", "maximum", "format"} & schema.keys() or schema.get("type") == "boolean"
        if parameter["in"] in {"path", "query"} and (parameter["name"] in ids or not closed):
            yield str(parameter["name"])


def _consent(contract: Contract) -> Iterator[str]:
    guard = WritePolicy(contract, Target(contract.vendor, ""), ResourceTracker(contract))
    needy = [o for o in contract.operations.values() if guard.needs_consent(o)]
    if not needy:
        return
    yield ""
    yield "# These set something off with what is there already, such as mail to people. They are"
    yield "# sent only with a consent that names which things, and whom they may reach."
    yield "consent: {}"
    for operation in needy:
        places: dict[str, dict[str, list[object]]] = {
            place: {p["name"]: [] for p in operation.parameters if p["in"] == place}
            for place in ("path", "query")
        }
        rows = [f"{place}: {_flow(names)}" for place, names in places.items() if names]
        yield f"#   {operation.id}:" if rows else f"#   {operation.id}: {{}}"
        yield from (f"#     {row}" for row in rows)


def _flow(names: Mapping[str, list[object]]) -> str:
    return "{" + ", ".join(f"{name}: {values}" for name, values in names.items()) + "}"
