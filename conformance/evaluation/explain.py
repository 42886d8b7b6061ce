"""Requirements in words: the list of a vendor, and one in full."""

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

import specs
from conformance.contract_queries import load_contract
from conformance.errors import UsageError
from specs import Contract, Requirement

if TYPE_CHECKING:
    from conformance.checks.registry import RegisteredCheck


WIDTH = 80
_KINDS = {
    "exchange": "looks at every exchange of the operation, whoever sent it",
    "history": "looks at the histories of all jobs that the run has seen",
    "active": "sends requests of its own",
}


def list_requirements(found: Contract) -> str:
    """Return a table of a vendor's requirements: id, source, level, check, text."""
    lines = []
    for requirement in found.requirements:
        check = requirement.check.name if requirement.check else "not tested"
        lines.append(
            f"{requirement.id:<11} {requirement.source:<10} {requirement.level:<6} "
            f"{check:<26} {requirement.operation or '-'}"
        )
        lines += textwrap.wrap(requirement.text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines.append(f"{len(found.requirements)} requirements, profile {found.profile}")
    return "\n".join(lines) + "\n"


def list_checks() -> str:
    """Return every check by name: kind, file and line, what it makes sure of, its arguments."""
    from conformance.checks.registry import load_checks  # noqa: PLC0415  (slow to import)

    checks = sorted(load_checks().items())
    return "\n\n".join("\n".join(_describe_check(check)) for _, check in checks) + "\n"


def explain_requirement(id_: str, profile: str) -> str:
    """Return where a requirement comes from, what is sent, and what counts as a breach.

    Raises:
        UsageError: no vendor has such a requirement in this profile.
    """
    for vendor in specs.vendors():
        found = load_contract(vendor, profile)
        for requirement in found.requirements:
            if requirement.id == id_:
                return describe_requirement(found, requirement)
    raise UsageError(
        f"no vendor has a requirement {id_!r} in the profile {profile!r}; "
        "`conformance list VENDOR` names them"
    )


def describe_requirement(found: Contract, requirement: Requirement) -> str:
    """Return a requirement of a contract in full."""
    return "\n".join(_lines(found, requirement)) + "\n"


def _lines(found: Contract, requirement: Requirement) -> Iterator[str]:
    yield f"{requirement.id} ({found.vendor}, profile {found.profile})"
    yield from _wrap("", requirement.text)
    yield ""
    yield f"Source     {requirement.source}, level {requirement.level}"
    for id_ in requirement.statements:
        statement = found.statements[id_]
        yield from _wrap(f"{id_}     ", f"{statement.text} (document {statement.document})")
    if requirement.implied:
        yield from _wrap("Implied    ", requirement.implied)
    if requirement.operation:
        operation = found.operations[requirement.operation]
        yield f"Operation  {operation.id}: {operation.method} {operation.path}"
    for element in requirement.elements:
        yield f"Contract   {element}"
    yield from _check(found, requirement)
    yield from _wrap("Breach     ", _meaning(requirement, profile=found.profile))


def _describe_check(check: "RegisteredCheck") -> Iterator[str]:
    from conformance.checks.lint import describe_type  # noqa: PLC0415  (slow to import)

    yield f"{check.name} ({check.kind}), {_location(check)}"
    yield from textwrap.wrap(
        _words(check).split("\n")[0],
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
    for name, parameter in check.parameters.items():
        optional = parameter.default is not parameter.empty
        default = ", default " + orjson.dumps(parameter.default).decode() if optional else ""
        yield f"  {name}: {describe_type(parameter.annotation)}{default}"


def _words(check: "RegisteredCheck") -> str:
    """Return the docstring of a check, a paragraph a line: what it makes sure of, then the rest."""
    paragraphs = (inspect.getdoc(check.function) or "").split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _location(check: "RegisteredCheck") -> str:
    """Return the file, from the working directory where it is below, and the line of a check."""
    code = inspect.unwrap(check.function).__code__
    path = Path(code.co_filename)
    path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{path}:{code.co_firstlineno}"


def _check(found: Contract, requirement: Requirement) -> Iterator[str]:
    if requirement.check is None:
        yield from _wrap("Not tested ", requirement.not_tested or "")
        return
    from conformance.checks.lint import require_valid_checks  # noqa: PLC0415  (slow to import)
    from conformance.checks.registry import load_checks  # noqa: PLC0415

    checks = load_checks()
    require_valid_checks(found, checks)
    check = checks[requirement.check.name]
    yield from _wrap("Check      ", f"{check.name}, which {_KINDS[check.kind]}")
    for name, value in requirement.check.arguments.items():
        yield from _wrap("           ", f"{name}: {value}")
    yield f"Code       {_location(check)}"
    yield from _wrap("Kept if    ", _words(check).replace("\n", " "))
    yield from _wrap("Sent       ", _sent(requirement, check))
    yield from _wrap("Proven by  ", _proof(requirement))


def _sent(requirement: Requirement, check: "RegisteredCheck") -> str:
    """Tell what reaches the target for a requirement."""
    if check.kind == "history":
        return "jobs are created, looked at, waited for, fetched and deleted, alone and in turns"
    if check.kind == "exchange":
        where = requirement.operation or "every operation"
        return (
            f"to {where}: the contract's examples, unknown ids, every credential, generated data, "
            "requests with one mistake each; and all that other checks send there"
        )
    needs = ["leave to write"] * check.writes + [f"the role {role}" for role in check.roles]
    needed = f"; needs {', '.join(needs)}" if needs else ""
    return f"about {check.requests} requests of its own{needed}"


def _proof(requirement: Requirement) -> str:
    """Name the planted defects that the check must catch, as `conformance selftest` shows."""
    from conformance.reference.defects import DEFECTS  # noqa: PLC0415  (as above)

    found = [f"{d.id} ({d.text})" for d in DEFECTS.values() if requirement.id in d.requirements]
    return "; ".join(found) or "no planted defect yet"


def _meaning(requirement: Requirement, *, profile: str) -> str:
    from conformance.evaluation.evaluator import failure_verdict  # noqa: PLC0415  (as above)
    from conformance.settings import Settings  # noqa: PLC0415

    if requirement.check is None or requirement.source == "assumed":
        return "never judged"
    usual = failure_verdict(requirement, Settings(profile=profile))
    strict = failure_verdict(requirement, Settings(profile=profile, strict=True))
    return f"{usual}" if usual == strict else f"{usual} ({strict} with --strict)"


def _wrap(label: str, text: str) -> list[str]:
    indent = " " * (11 if label else 0)
    first = f"{label:<11}" if label else ""
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    )
