"""Requirements in words: the list of a vendor, and one in full."""

import inspect
import textwrap
from collections.abc import Iterator

import specs
from conformance.contracts import contract
from conformance.failures import UsageError
from specs import Contract, Requirement

WIDTH = 80


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


def explain_requirement(id_: str, profile: str) -> str:
    """Return where a requirement comes from, what is sent, and what counts as a breach.

    Raises:
        UsageError: no vendor has such a requirement in this profile.
    """
    for vendor in specs.vendors():
        found = contract(vendor, profile)
        for requirement in found.requirements:
            if requirement.id == id_:
                return "\n".join(_lines(found, requirement)) + "\n"
    raise UsageError(
        f"no vendor has a requirement {id_!r} in the profile {profile!r}; "
        "`conformance list VENDOR` names them"
    )


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
    yield from _check(requirement)
    yield from _wrap("Breach     ", _meaning(requirement, profile=found.profile))


def _check(requirement: Requirement) -> Iterator[str]:
    if requirement.check is None:
        yield from _wrap("Not tested ", requirement.not_tested or "")
        return
    from conformance.checks.base import load  # noqa: PLC0415  (checks are heavy; this is one path)

    check = load()[requirement.check.name]
    kinds = {
        "judge": "looks at every exchange of the operation, whoever sent it",
        "history": "looks at the histories of all jobs that the run has seen",
        "probe": "sends requests of its own",
    }
    yield from _wrap("Check      ", f"{check.name}, which {kinds[check.kind]}")
    for name, value in requirement.check.arguments.items():
        yield from _wrap("           ", f"{name}: {value}")
    yield from _wrap("How        ", " ".join((inspect.getdoc(check.function) or "").split()))


def _meaning(requirement: Requirement, *, profile: str) -> str:
    from conformance.judging import breach  # noqa: PLC0415  (as above)
    from conformance.settings import Settings  # noqa: PLC0415

    if requirement.check is None or requirement.source == "assumed":
        return "never judged"
    usual = breach(requirement, Settings(profile=profile))
    strict = breach(requirement, Settings(profile=profile, strict=True))
    return f"{usual}" if usual == strict else f"{usual} ({strict} with --strict)"


def _wrap(label: str, text: str) -> list[str]:
    indent = " " * (11 if label else 0)
    first = f"{label:<11}" if label else ""
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent)
