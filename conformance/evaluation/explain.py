"""Requirements in words: the list of a vendor, and one in full."""

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

import specs
from conformance.contract_queries import load_contract, places_of, shown_path
from conformance.errors import UsageError
from specs import Contract, Requirement

if TYPE_CHECKING:
    from conformance.checks import RegisteredCheck

WIDTH: Final = 80
LABEL_WIDTH: Final = 11


def list_requirements(contract: Contract) -> str:
    """Return a table of a vendor's requirements: id, source, level, check, text."""
    lines = []
    for requirement in contract.requirements:
        check = requirement.check.name if requirement.check else "not tested"
        lines.append(
            f"{requirement.id:<11} {requirement.source:<10} {requirement.level:<6} "
            f"{check:<26} {requirement.operation or '-'}"
        )
        lines += textwrap.wrap(requirement.text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines.append(f"{len(contract.requirements)} requirements, profile {contract.profile}")
    return "\n".join(lines) + "\n"


def list_checks() -> str:
    """Return every check by name: kind, file and line, what it checks, its arguments."""
    from conformance.checks import load_checks  # noqa: PLC0415  (slow to import)

    checks = sorted(load_checks().items())
    return "\n\n".join("\n".join(_describe_check(check)) for _, check in checks) + "\n"


def explain_requirement(id_: str, profile: str, vendors: Sequence[Path] = ()) -> str:
    """Return the source of a requirement, what is sent for it, and what counts as a failure.

    Raises:
        UsageError: no vendor has such a requirement in this profile.
    """
    for vendor in specs.vendor_folders(vendors):
        contract = load_contract(vendor, profile, vendors)
        for requirement in contract.requirements:
            if requirement.id == id_:
                return describe_requirement(contract, requirement)
    raise UsageError(
        f"unknown requirement {id_!r} in the profile {profile!r}; "
        "`conformance list VENDOR` lists them"
    )


def describe_requirement(contract: Contract, requirement: Requirement) -> str:
    """Return a requirement of a contract in full."""
    return "\n".join(_lines(contract, requirement)) + "\n"


def _lines(contract: Contract, requirement: Requirement) -> Iterator[str]:
    yield f"{requirement.id} ({contract.vendor}, profile {contract.profile})"
    yield from _wrap("", requirement.text)
    yield ""
    yield from _wrap("Source", f"{requirement.source}, level {requirement.level}")
    for id_ in requirement.statements:
        statement = contract.statements[id_]
        yield from _wrap(id_, f"{statement.text} (document {statement.page})")
    if requirement.implied:
        yield from _wrap("Implied", requirement.implied)
    if requirement.operation:
        operation = contract.operations[requirement.operation]
        yield from _wrap("Operation", f"{operation.id}: {operation.method} {operation.path}")
    for element in requirement.elements:
        yield f"{'Contract':<{LABEL_WIDTH}}{element}"
    if (place := places_of(contract, [requirement]).get(requirement.id)) is not None:
        yield f"{'Place':<{LABEL_WIDTH}}{shown_path(place[0])}:{place[1]}"
    yield from _check(contract, requirement)
    yield from _wrap("Failure", _failure(requirement, contract.profile))


def _describe_check(check: "RegisteredCheck") -> Iterator[str]:
    from conformance.checks.lint import describe_type  # noqa: PLC0415  (slow to import)

    yield f"{check.name} ({check.kind}), {_location(check)}"
    yield from textwrap.wrap(
        _docstring(check).split("\n")[0],
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
    for name, parameter in check.parameters.items():
        optional = parameter.default is not parameter.empty
        default = ", default " + orjson.dumps(parameter.default).decode() if optional else ""
        yield f"  {name}: {describe_type(parameter.annotation)}{default}"


def _docstring(check: "RegisteredCheck") -> str:
    """Return the docstring of a check, one line for each paragraph."""
    paragraphs = (inspect.getdoc(check.function) or "").split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _location(check: "RegisteredCheck") -> str:
    """Return file (relative where it is below the working directory) and line of a check."""
    code = inspect.unwrap(check.function).__code__
    return f"{shown_path(Path(code.co_filename))}:{code.co_firstlineno}"


def _check(contract: Contract, requirement: Requirement) -> Iterator[str]:
    if requirement.check is None:
        yield from _wrap("Not tested", requirement.not_tested or "")
        return
    # Imported here, because checks take time to import and lists of requirements need none.
    from conformance.checks import load_checks  # noqa: PLC0415
    from conformance.checks.lint import require_valid_checks  # noqa: PLC0415
    from conformance.reference.defects import DEFECTS  # noqa: PLC0415

    checks = load_checks()
    require_valid_checks(contract, checks)
    check = checks[requirement.check.name]
    kinds = {
        "exchange": "looks at every exchange of the operation, whatever sent it",
        "history": "looks at the histories of all jobs of the run",
        "active": "sends requests of its own",
    }
    yield from _wrap("Check", f"{check.name}, which {kinds[check.kind]}")
    for name, value in requirement.check.arguments.items():
        yield from _wrap(" ", f"{name}: {value}")
    yield f"{'Code':<{LABEL_WIDTH}}{_location(check)}"
    yield from _wrap("Passes if", _docstring(check))
    yield from _wrap("Sent", _sent(requirement, check))
    if requirement.place is not None:
        return  # a row of the user's own contract
    defects = [f"{d.id} ({d.text})" for d in DEFECTS.values() if requirement.id in d.requirements]
    yield from _wrap("Proven by", "; ".join(defects) or "no planted defect yet")


def _sent(requirement: Requirement, check: "RegisteredCheck") -> str:
    """Return what is sent to the target for a requirement."""
    if check.kind == "history":
        return "jobs are created, polled, waited for, fetched and deleted, alone and interleaved"
    if check.kind == "exchange":
        return (
            f"to {requirement.operation or 'every operation'}: the contract's examples, unknown "
            "ids, every credential, generated data, requests with one error each; and all that "
            "other checks send there"
        )
    role = requirement.check.arguments.get("role") if requirement.check else None
    needs = ["write access"] * check.writes + [f"the role {role}"] * (role is not None)
    needed = f"; needs {', '.join(needs)}" if needs else ""
    return f"about {check.requests} requests of its own{needed}"


def _failure(requirement: Requirement, profile: str) -> str:
    from conformance.evaluation.evaluator import failure_verdict  # noqa: PLC0415  (as above)
    from conformance.settings import Settings  # noqa: PLC0415

    if requirement.check is None or requirement.source == "assumed":
        return "never judged"
    default = failure_verdict(requirement, Settings(profile=profile))
    strict = failure_verdict(requirement, Settings(profile=profile, strict=True))
    return f"{default}" if default == strict else f"{default} ({strict} with --strict)"


def _wrap(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=f"{label:<{LABEL_WIDTH}}" if label else "",
        subsequent_indent=" " * (LABEL_WIDTH if label else 0),
        break_on_hyphens=False,
    )
