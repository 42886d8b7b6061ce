"""Makes the rows of the requirements that a contract implies, and asks the contract for them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from specs import pointer
from specs.contract import Contract, Operation, is_json
from specs.job_parameters import job_parameter
from specs.requirements import Check, Requirement

MARK: Final = "AUTO"
"""What the ids of generated requirements have after the vendor."""

OPENAPI: Final = "openapi.yaml"
LIFECYCLE: Final = "lifecycle.yaml"
REDIRECTS: Final = (301, 302, 303, 307, 308)
OF_ANOTHER_ACCOUNT: Final = "foreign"
"""The role of a target file whose credential belongs to another account."""

_ACTS_ON_JOB: Final = ("poll", "fetch", "delete", "cancel", "start")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one contract."""

    contract: Contract

    def row(  # noqa: PLR0913  (the parts of a row)
        self,
        subject: str,
        text: str,
        check: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        place: str,
        operation: str | None = None,
        detail: str = "",
        level: str = "must",
    ) -> Requirement:
        """Return a row; `place` is a file and a JSON pointer, `detail` the end of the id."""
        named = (_UNSAFE.sub("-", part).strip("-") for part in (operation or "", detail))
        parts = (self.contract.vendor.upper(), MARK, subject, *named)
        file, _, at = place.partition("#")
        return Requirement(
            id="-".join(part for part in parts if part),
            text=text,
            statements=(),
            implied=f"{file} of {self.contract.vendor} says so at {at or '/'}.",
            source=self._source(operation),
            level=level,
            operation=operation,
            elements=(f"#{at}",) if file == OPENAPI and at else (),
            check=Check(check, dict(arguments or {})),
            not_tested=None,
            place=place,
        )

    def _source(self, operation: str | None) -> str:
        return self.contract.operations[operation].source if operation else "documented"

    def at(self, operation: Operation, *steps: object) -> str:
        """Return the place of an operation, or of something in it."""
        tokens = ("paths", operation.path, operation.method.lower(), *map(str, steps))
        return f"{OPENAPI}#/{'/'.join(map(pointer.escape, tokens))}"

    def at_parameter(self, operation: Operation, name: str) -> str:
        """Return the place of a parameter: in the operation, or for all operations of its path."""
        item = self.contract.openapi["paths"][operation.path]
        for place, entries in (
            (self.at(operation, "parameters"), operation.raw.get("parameters", ())),
            (self.at(operation).rpartition("/")[0] + "/parameters", item.get("parameters", ())),
        ):
            for number, entry in enumerate(entries):
                if pointer.resolve(self.contract.openapi, entry)["name"] == name:
                    return f"{place}/{number}"
        return self.at(operation)

    def in_lifecycle(self, *steps: str) -> str:
        """Return a place in lifecycle.yaml."""
        return f"{LIFECYCLE}#/{'/'.join(map(pointer.escape, steps))}"

    def is_action(self, operation: Operation, name: str) -> bool:
        """Return True if an operation is an action of the lifecycle."""
        action = self.contract.lifecycle.actions.get(name)
        return action is not None and action.operation == operation.id

    def job_parameter(self, operation: Operation) -> str | None:
        """Return the parameter by which an operation acts on one job, None where it does not."""
        acts = any(self.is_action(operation, name) for name in _ACTS_ON_JOB)
        return job_parameter(self.contract, operation.id) if acts else None

    def parameter_schema(self, operation: Operation, name: str) -> Mapping[str, Any]:
        """Return the schema of a parameter, {} if there is none."""
        schemas = (p.get("schema", {}) for p in operation.parameters if p["name"] == name)
        found: Mapping[str, Any] = pointer.resolve(self.contract.openapi, next(schemas, {}))
        return found

    def body_schema(self, operation: Operation) -> Mapping[str, Any]:
        """Return the schema of an operation's JSON body; {} where it takes none."""
        content = (operation.body or {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        found: Mapping[str, Any] = pointer.resolve(self.contract.openapi, schema)
        return found

    def member_schema(self, operation: Operation, at: str) -> Mapping[str, Any]:
        """Return the schema of a member of an operation's success; {} if there is none."""
        schema = self.contract.schema(operation.id, operation.success) or {}
        try:
            found: Mapping[str, Any] = pointer.schema_at(self.contract.openapi, schema, at)
        except (LookupError, TypeError):
            return {}
        return found


def successes(operation: Operation) -> list[int]:
    """Return the statuses of successes and redirects that a contract lists."""
    return sorted(status for status in operation.responses if status < 400)


def has_schema(response: Mapping[str, Any] | None) -> bool:
    """Return True if a response has a JSON body with a schema that somebody vouches for."""
    content = (response or {}).get("content", {})
    schemas = [described.get("schema") for media, described in content.items() if is_json(media)]
    return any(schemas) and (response or {}).get("x-source") != "assumed"


def is_secured(operation: Operation) -> bool:
    """Return True if an operation always takes a credential."""
    return bool(operation.security) and {} not in operation.security


def any_of(items: Iterable[object]) -> str:
    """Return items as words: `a or b`."""
    return " or ".join(map(str, items))
