"""Lint the check that each row of a requirements.yaml names: its name, and its arguments.

An argument of one name means the same in every check, so its value is linted by that name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from conformance.checks import RegisteredCheck, load_checks
from specs import Contract, Operation, Requirement, SpecError, SpecIssue
from specs.pointer import schema_at

_WORDS = {str: ("string", "strings"), int: ("integer", "integers"), bool: ("boolean", "booleans")}


def requirement_issues(
    contract: Contract, checks: Mapping[str, RegisteredCheck] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the id and the reason for each requirement with an unknown check or a bad argument.

    `python -m specs` runs this with all checks: it is an entry point in `report_contracts.lint`.
    """
    known = load_checks() if checks is None else checks
    for requirement in contract.requirements:
        if requirement.check is None:
            continue
        check = known.get(requirement.check.name)
        if check is None:
            yield requirement.id, f"unknown check {requirement.check.name!r}"
            continue
        reasons = list(_type_errors(check, requirement.check.arguments))
        for reason in reasons or _unknown_values(contract, requirement):
            yield requirement.id, reason


def require_valid_checks(contract: Contract, checks: Mapping[str, RegisteredCheck]) -> None:
    """Make sure that a contract's requirements name checks that exist, with valid arguments.

    Raises:
        SpecError: they do not.
    """
    folder = contract.folder if contract.own and contract.folder else Path("specs", contract.vendor)
    file = str(folder / "requirements.yaml")
    if issues := list(requirement_issues(contract, checks)):
        raise SpecError(SpecIssue(file, id_, reason) for id_, reason in issues)


def describe_type(hint: Any, *, plural: bool = False) -> str:
    """Return the words for a type of an argument: `list of strings`."""
    if get_origin(hint) is Sequence:
        return f"list{'s' * plural} of {describe_type(get_args(hint)[0], plural=True)}"
    if get_origin(hint) is Mapping:
        return f"mapping{'s' * plural} to {describe_type(get_args(hint)[1], plural=True)}"
    return _WORDS.get(hint, ("value", "values"))[plural]


def _type_errors(check: RegisteredCheck, arguments: Mapping[str, Any]) -> Iterator[str]:
    if error := check.argument_error(dict(arguments)):
        yield error
        return
    for name, value in arguments.items():
        hint = check.parameters[name].annotation
        if not _has_type(value, hint):
            yield f"the argument {name!r} must be a {describe_type(hint)}"


def _has_type(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Sequence:
        return isinstance(value, list) and all(_has_type(v, get_args(hint)[0]) for v in value)
    if get_origin(hint) is Mapping:
        return isinstance(value, dict) and all(
            _has_type(v, get_args(hint)[1]) for v in value.values()
        )
    return hint not in _WORDS or type(value) is hint


def _unknown_values(contract: Contract, requirement: Requirement) -> Iterator[str]:
    arguments = requirement.check.arguments if requirement.check else {}
    for name, value in arguments.items():
        exists = _EXISTS.get(name)
        for each in value if isinstance(value, list) else [value]:
            if exists and not exists(contract, _operations(contract, requirement), each):
                yield f"the argument {name!r} names {each!r}, which does not exist in the contract"


def _operations(contract: Contract, requirement: Requirement) -> Sequence[Operation]:
    """Return the operations whose parameters and responses the arguments refer to."""
    read = requirement.check.arguments.get("read", "") if requirement.check else ""
    read = read if read in contract.operations else ""
    named = [contract.operations[name] for name in (requirement.operation, read) if name]
    return named or list(contract.operations.values())


def _is_operation(contract: Contract, _: Sequence[Operation], name: str) -> bool:
    return name in contract.operations


def _is_state(contract: Contract, _: Sequence[Operation], name: str) -> bool:
    return name in contract.lifecycle.states


def _is_parameter(_: Contract, operations: Sequence[Operation], name: str) -> bool:
    return any(name == each["name"] for operation in operations for each in operation.parameters)


def _is_header(_: Contract, operations: Sequence[Operation], name: str) -> bool:
    responses = _responses(operations)
    return any(name.lower() == header.lower() for each in responses for header in each["headers"])


def _is_member(contract: Contract, operations: Sequence[Operation], place: str) -> bool:
    contents = (each.get("content", {}) for each in _responses(operations))
    schemas = (body.get("schema", {}) for content in contents for body in content.values())
    return any(_has_member(contract, schema, place) for schema in schemas)


def _has_member(contract: Contract, schema: Any, place: str) -> bool:
    try:
        schema_at(contract.openapi, schema, place.replace("/*", "/-"))
    except (LookupError, TypeError):
        return False
    return True


def _responses(operations: Iterable[Operation]) -> Iterator[Mapping[str, Any]]:
    return (response for operation in operations for response in operation.responses.values())


_EXISTS: Mapping[str, Callable[[Contract, Sequence[Operation], str], bool]] = {
    "operation": _is_operation,
    "create": _is_operation,
    "listing": _is_operation,
    "read": _is_operation,
    "to": _is_operation,
    "states": _is_state,
    "parameter": _is_parameter,
    "headers": _is_header,
    "pointer": _is_member,
    "pointers": _is_member,
}
