"""Write the three files of a vendor from an OpenAPI document and what was found in it."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from specs import pointer
from specs.contract import json_schema_of
from specs.convert import Losses, convert
from specs.discover import Proposal, Question, discover, says_running
from specs.errors import SpecError, SpecIssue
from specs.lint import check_folder
from specs.prune import prune
from specs.source_document import read_document

_STAGES = {"initial": "PT5S", "running": "PT25S", "success": "P7D"}
_ENDS = ("failure", "partial", "cancelled", "expired")
_OPENAPI = """\
# {title}: what is on the wire. Made by `mockserver new-vendor` from {source}; edit it freely.
# In a folder of one's own no x- key is needed; specs/README.md lists those that there are.
"""
_LIFECYCLE = """\
# The life of a job: its states, what leads from one to the next, and where a response shows it.
# Made by `mockserver new-vendor`; edit it freely: `mockserver validate` tells what is wrong.
"""
_REQUIREMENTS = """\
# The suite generates the rows that the contract and the lifecycle imply. This file adds the
# vendor's own, and switches off what does not count here, each with a reason:
#
# requirements:
#   - id: {upper}-FILE-1
#     text: The file has a header line.
#     operation: {operation}
#     not_tested: The contract does not say what is in a file.
# switched_off:
#   ID-OF-A-GENERATED-ROW: why it does not count
requirements: []
"""


class Draft:
    """A vendor that is being made from one document."""

    def __init__(self, source: Path) -> None:
        """Read and convert the document.

        Raises:
            SpecError: it cannot be read, or is not OpenAPI 3.0 or 3.1.
        """
        self._source = source
        self._losses = Losses()
        self._document = convert(read_document(source, self._losses.add), str(source), self._losses)
        self._found = Proposal()

    def find(self, answers: Mapping[str, str]) -> list[Question]:
        """Look for the operations; return what could not be told.

        Raises:
            SpecError: a reference of the document cannot be resolved.
        """
        try:
            self._found = discover(self._document, answers)
            if self._keep_one_success():
                self._found = discover(self._document, answers)
        except (LookupError, TypeError, AttributeError) as error:
            reason = f"unresolvable reference: {error}"
            raise SpecError([SpecIssue(str(self._source), "/", reason)]) from error
        return self._found.questions

    def _keep_one_success(self) -> bool:
        """Leave a creation the success that starts a job, where it may also answer at once."""
        create = self._found.operations.get("create")
        statuses = [] if create is None else [s for s in create.responses if 200 <= s < 400]
        if create is None or len(statuses) < 2:
            return False
        kept = next((status for status in (202, 201) if status in statuses), min(statuses))
        for status in set(statuses) - {kept}:
            del self._document["paths"][create.path][create.method.lower()]["responses"][
                str(status)
            ]
            self._losses.add(f"{status} of {create.id}: the mock answers {kept}")
        return True

    def write(self, folder: Path, keep: Iterable[str] = ()) -> None:
        """Write the files, with the paths of the jobs and those below `keep`.

        Raises:
            OSError: the folder cannot be written.
        """
        create, poll = self._found.operations["create"], self._found.operations["poll"]
        wanted = {row.path for row in self._found.operations.values()}
        bases = (create.path, poll.path[: poll.path.rfind("}") + 1], *keep)
        paths = [
            path for path in self._document["paths"] if path in wanted or _is_below(path, bases)
        ]
        document = prune(self._document, paths, self._losses)
        write_vendor(folder, document, self._found, self._source.name)

    def issues(self, folder: Path) -> list[SpecIssue]:
        """Return what is wrong with the files that were written."""
        return check_folder(folder)

    def report(self) -> list[str]:
        """Return what was found, and what could not be kept, a line each."""
        found = self._found.operations.items()
        lines = [f"{action}: {row.method} {row.path} ({row.id})" for action, row in found]
        if self._found.is_flag or self._found.by_status:
            lines.append(f"states: told by {'a flag' if self._found.is_flag else 'the status'}")
        else:
            groups = self._found.states.items()
            named = (f"{group} {', '.join(map(str, values))}" for group, values in groups)
            lines.append(f"states: {'; '.join(named)}")
        if self._found.unknown:
            lines.append(f"not played: {', '.join(map(str, self._found.unknown))}")
        return [*lines, *(f"not kept: {line}" for line in self._losses.lines())]


def _is_below(path: str, bases: Iterable[str]) -> bool:
    return any(path == base or path.startswith((f"{base}/", f"{base}:")) for base in bases)


def write_vendor(folder: Path, document: dict[str, Any], found: Proposal, source: str) -> None:
    """Write openapi.yaml, lifecycle.yaml and requirements.yaml into a new folder.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    title = str(document["info"]["title"]).splitlines()[0]
    _write(folder / "openapi.yaml", _OPENAPI.format(title=title, source=source) + _dump(document))
    _write(folder / "lifecycle.yaml", lifecycle_text(document, found, title))
    _write(
        folder / "requirements.yaml",
        _REQUIREMENTS.format(
            upper=folder.name.upper().replace("-", ""), operation=found.operations["poll"].id
        ),
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _dump(document: Any) -> str:
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True))


class _Dumper(yaml.SafeDumper):
    """Without anchors: they would hide what a reader looks for."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the interface of PyYAML)
        return True


def lifecycle_text(document: dict[str, Any], found: Proposal, title: str) -> str:
    """Return the text of a lifecycle.yaml."""
    states = _states(found)
    lines = [f"title: {_scalar(f'{title} job')}", "job: job", "states:"]
    lines += [f"  {name}: {_flow(row)}" for name, row in states.items()]
    if found.unknown:
        values = ", ".join(map(str, found.unknown))
        lines.append(f"  # In the contract too, but not played: {values}")
    lines += ["edges:", *(f"  - {_flow(edge)}" for edge in _edges(found, states))]
    lines += ["timeline: # invented: nobody says how long a job takes"]
    lines += [f"  - {_flow(stage)}" for stage in _timeline(found, states)]
    lines += ["actions:", *_actions(found, states)]
    lines += ["locations:", *_locations(document, found, states)]
    lines += list(_values(found, states))
    return _LIFECYCLE + "\n".join(lines) + "\n"


def _states(found: Proposal) -> dict[str, dict[str, Any]]:
    """Return the states by name, with their wire value; the ends say so."""
    if found.is_flag:
        return {
            "RUNNING": {},
            "SUCCEEDED": {"file": True, "final": True},
            "FAILED": {"final": True},
        }
    if found.by_status:
        return {"RUNNING": {}, "SUCCEEDED": {"file": True, "final": True}}
    states: dict[str, dict[str, Any]] = {}
    has_expired = "expired" in found.states
    for group in ("initial", "running", "cancelling", "success", *_ENDS):
        for number, value in enumerate(found.states.get(group, ())):
            row: dict[str, Any] = {"wire": value}
            if group in ("success", "partial"):
                row["file"] = True
            expires = group == "success" and number == 0 and has_expired
            if group == "cancelling":
                row["lasts"] = _STAGES["initial"]
            elif group not in ("initial", "running") and not expires:
                row["final"] = True
            states[_state_name(value, states)] = row
    return states


def _state_name(value: Any, taken: Iterable[str]) -> str:
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(value))
    name = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
    name = name if name[:1].isalpha() else f"STATE_{name}"
    while name in taken:
        name += "_2"
    return name


def _named(found: Proposal, states: Mapping[str, dict[str, Any]], group: str) -> list[str]:
    if found.is_flag or found.by_status:
        flags = {"running": ["RUNNING"], "success": ["SUCCEEDED"], "failure": ["FAILED"]}
        flags["cancelled"] = ["FAILED"] if "cancel" in found.operations else []
        return [name for name in flags.get(group, []) if name in states]
    values = found.states.get(group, [])
    return [name for name, row in states.items() if row["wire"] in values]


def _path(found: Proposal, states: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return the states of a job that goes well: those before the end, then the good end."""
    names = [name for group in ("initial", "running") for name in _named(found, states, group)]
    path = [*names, *_named(found, states, "success")[:1]]
    return [*path, *_named(found, states, "expired")[:1]]


def _unfinished(found: Proposal, states: Mapping[str, dict[str, Any]]) -> list[str]:
    return [name for group in ("initial", "running") for name in _named(found, states, group)]


def _edges(found: Proposal, states: Mapping[str, dict[str, Any]]) -> list[dict[str, str]]:
    path = _path(found, states)
    edges = [{"from": a, "to": b, "by": "time"} for a, b in pairwise(path)]
    unfinished = _unfinished(found, states)
    cancelled = _named(found, states, "cancelled")
    others = [*_named(found, states, "success")[1:], *_named(found, states, "partial")]
    others += [*_named(found, states, "expired")[1:]]
    if "cancel" not in found.operations:
        others += cancelled
    edges += [{"from": unfinished[-1], "to": name, "by": "time"} for name in others]
    edges += [
        {"from": start, "to": end, "by": "time"}
        for end in _named(found, states, "failure")
        for start in unfinished
    ]
    if cancelled and "cancel" in found.operations:
        passing = _named(found, states, "cancelling")
        entered = [*passing, cancelled[0]][0]
        edges += [{"from": start, "to": entered, "by": "cancel"} for start in unfinished]
        edges += [{"from": name, "to": cancelled[0], "by": "time"} for name in passing]
        edges += [{"from": unfinished[-1], "to": name, "by": "time"} for name in cancelled[1:]]
    return edges


def _timeline(found: Proposal, states: Mapping[str, dict[str, Any]]) -> list[dict[str, str]]:
    path = _path(found, states)
    groups = {name: group for group in _STAGES for name in _named(found, states, group)}
    stages = [{"state": name, "lasts": _STAGES[groups[name]]} for name in path[:-1]]
    return [*stages, {"state": path[-1]}]


def _actions(found: Proposal, states: Mapping[str, dict[str, Any]]) -> Iterable[str]:
    unfinished = _unfinished(found, states)
    with_file = [name for name, row in states.items() if row.get("file")]
    for action, operation in found.operations.items():
        row: dict[str, Any] = {"operation": operation.id}
        note = ""
        if action == "create":
            row["enters"] = _path(found, states)[0]
        elif action == "poll" and found.by_status:
            row["answers"] = dict(found.by_status)
        elif action == "fetch":
            row["allowed"] = with_file
            note = " # in other states: 409, or what the operation lists"
        elif action == "cancel":
            cancelled = _named(found, states, "cancelled")
            row["allowed"] = unfinished
            if cancelled:
                ignored = [*_named(found, states, "cancelling"), cancelled[0]]
                row |= {"enters": ignored[0], "ignored": ignored}
            else:
                note = " # no state says cancelled: the job is gone"
        elif action == "delete":
            note = " # without a state that it enters, the job is gone"
        yield f"  {action}: {_flow(row)}{note}"


def _locations(
    document: dict[str, Any], found: Proposal, states: Mapping[str, dict[str, Any]]
) -> Iterable[str]:
    for name, location in found.locations.items():
        row = dict(location)
        if not row:
            continue
        if found.is_flag and "status" in row:
            operation = next(each for each in found.operations.values() if each.id == name)
            at, items = row.pop("status"), row.get("items")
            row["shown"] = _shown(document, operation, at, items, states)
        yield f"  {name}: {_flow(row)}"


def _shown(
    document: dict[str, Any],
    operation: Any,
    at: str,
    items: str | None,
    states: Mapping[str, dict[str, Any]],
) -> dict[str, dict[str, Any]]:
    """Return how a flag, with the presence of an error, shows the states."""
    schema = json_schema_of(operation.responses[operation.success].get("content", {}))
    if items is not None:
        schema = pointer.schema_at(document, schema, f"{items}/-")
    members = pointer.properties(document, schema)
    error = next((name for name in ("error", "errors", "failure") if name in members), None)
    shown: dict[str, dict[str, Any]] = {
        name: {at: (name == "RUNNING") == says_running(at)} for name in states
    }
    if error is not None:
        shown["FAILED"][f"/{error}"] = {"present": True}
        shown["SUCCEEDED"][f"/{error}"] = {"present": False}
    return shown


def _values(found: Proposal, states: Mapping[str, dict[str, Any]]) -> Iterable[str]:
    """Yield the declarations of members that no default fills as the document wants it."""
    create, poll = found.operations["create"], found.operations["poll"]
    rows: list[str] = []
    headers = create.responses[create.success]["headers"]
    is_linked = isinstance(found.locations.get(create.id, {}).get("id"), dict)
    if is_linked or "Location" in headers:
        rows += [f"  {create.id}:", "    header Location: {link: poll}"]
    if "Retry-After" in poll.responses[poll.success]["headers"]:
        rows += [f"  {poll.id}:", "    header Retry-After: {retry_after: true}"]
    if found.signed:
        with_file = [name for name, row in states.items() if row.get("file")]
        row = _flow({"link": "fetch", "signed": True, "when": with_file})
        rows += ["  default:", "    # the URL of the file needs no credentials: it is pre-signed"]
        rows += [f"    {found.signed}: {row}"]
    yield "# What fills which member; the rest goes by names and types (specs/README.md, `values`)."
    if rows:
        yield "values:"
        yield from rows


def _flow(value: Any) -> str:
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, width=10_000)
    return str(text).strip()


def _scalar(text: str) -> str:
    return _flow({"x": text})[4:-1]
