"""What lifecycle.yaml implies: states and edges, actions and what they lead to, lists, files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from specs.contract import Operation
from specs.implied.rows import OF_ANOTHER_ACCOUNT, REDIRECTS, Rows, any_of, is_secured
from specs.lifecycle import Action, Lifecycle, Location
from specs.requirements import Requirement
from specs.values import FileSpec, Value

_BY_TIME: Final = frozenset({"time"})
# By kind of content of a file, the name that the suite's check has for it.
_CONTENTS: Final = MappingProxyType({"csv": "csv", "json": "json", "jsonl": "json_lines"})


@dataclass(frozen=True, slots=True)
class _Acted:
    """An action of the lifecycle, and its operation."""

    rows: Rows
    action: Action
    operation: Operation

    @property
    def lifecycle(self) -> Lifecycle:
        return self.rows.contract.lifecycle

    def row(
        self,
        subject: str,
        text: str,
        check: str,
        arguments: Mapping[str, Any] | None = None,
        detail: str = "",
    ) -> Requirement:
        place = self.rows.in_lifecycle("actions", self.action.name)
        name = self.operation.id
        return self.rows.row(
            subject, text, check, arguments, place=place, operation=name, detail=detail
        )


def rows_of_jobs(rows: Rows) -> Iterator[Requirement]:
    """Yield the rows that the lifecycle implies."""
    contract = rows.contract
    for action in contract.lifecycle.actions.values():
        operation = contract.operations[action.operation]
        if operation.source != "assumed":
            yield from _ACTIONS[action.name](_Acted(rows, action, operation))
    for name, location in contract.lifecycle.locations.items():
        yield from _of_location(rows, contract.operations[name], location)


def _create(acted: _Acted) -> Iterator[Requirement]:
    yield acted.row("UNIQUE", "No two creations give the same id.", "unique_ids")


def _poll(acted: _Acted) -> Iterator[Requirement]:
    lifecycle, job = acted.lifecycle, acted.lifecycle.job
    yield acted.row("READ", f"Every {job} that was created can be read.", "created_is_readable")
    moving = [name for name in lifecycle.states if lifecycle.reachable(name, _BY_TIME)]
    resting = [name for name in lifecycle.states if name not in moving]
    edges = acted.rows.in_lifecycle("edges")
    for subject, states, text in (
        ("EDGE", moving, f"Every {job} moves along the edges of its lifecycle, and never back."),
        ("FINAL", resting, f"Every {job} that has ended stays {any_of(resting)}."),
    ):
        if states:
            check, name = "no_backward_transition", acted.operation.id
            yield acted.rows.row(
                subject, text, check, {"states": states}, place=edges, operation=name
            )
    location = lifecycle.locations.get(acted.operation.id)
    if acted.action.answers and location is not None and (location.status or location.shown):
        text = f"Every {job} in a state that has an HTTP status is answered by it."
        yield acted.row("ANSWER", text, "state_has_its_status")
    redirects = any(status in REDIRECTS for status in acted.action.answers.values())
    if redirects and "fetch" in lifecycle.actions:
        text = f"Where the {job} redirects to, there is its file."
        yield acted.row("RESULT", text, "location_is_fetchable")


def _fetch(acted: _Acted) -> Iterator[Requirement]:
    lifecycle, allowed = acted.lifecycle, acted.action.allowed
    states = lifecycle.states.values()
    have = [state.name for state in states if state.file and state.name in allowed]
    have_not = [state.name for state in states if not state.file and state.name not in allowed]
    if have:
        text = f"The file of every {lifecycle.job} that is {any_of(have)} can be fetched."
        yield acted.row("FILE", text, "file_available_in", {"states": have})
    if have_not:
        text = f"There is no file while the {lifecycle.job} is {any_of(have_not)}."
        yield acted.row("NOFILE", text, "file_unavailable_in", {"states": have_not})
    file = lifecycle.file
    if file is not None and file.formats:
        yield from _formats(acted, file, file.formats)


def _formats(
    acted: _Acted, file: FileSpec, formats: Mapping[str, FileSpec]
) -> Iterator[Requirement]:
    """The content of each format, where the creation asks for one."""
    requested = (file.format or "format").removeprefix("query ").removeprefix("/")
    place = acted.rows.in_lifecycle("file", "formats")
    media = {name: [each.media_type] for name, each in formats.items() if each.media_type}
    name = acted.operation.id
    if media:
        yield acted.rows.row(
            "FORMAT",
            f"The media type of a file is that of the {requested} that was asked for.",
            "file_media",
            {"media": media, "requested": requested},
            place=place,
            operation=name,
        )
    for format_, each in formats.items():
        content = _CONTENTS.get(each.content or _content_of(each.media_type))
        if content is not None:
            yield acted.rows.row(
                "CONTENT",
                f"The file of a {format_} {acted.lifecycle.job} is {content.replace('_', ' ')}.",
                "file_format",
                {"format": format_, "content": content, "requested": requested},
                place=f"{place}/{format_}",
                operation=name,
                detail=format_,
            )


def _content_of(media: str | None) -> str:
    kinds = {"text/csv": "csv", "application/json": "json", "application/x-ndjson": "jsonl"}
    return kinds.get(media or "", "")


def _list(acted: _Acted) -> Iterator[Requirement]:
    contract, operation, job = acted.rows.contract, acted.operation, acted.lifecycle.job
    location = acted.lifecycle.locations.get(operation.id)
    if location is None or location.items is None:
        return
    yield acted.row("LISTED", f"Every {job} that was created is in the list.", "created_is_listed")
    if is_secured(operation):
        text = f"The list of another account has no {job} of this one."
        yield acted.row("HIDDEN", text, "list_hides_foreign_jobs", {"role": OF_ANOTHER_ACCOUNT})
    paging = contract.paging(operation.id)
    if paging is None or paging.size is None:
        return
    if acted.rows.parameter_schema(operation, paging.size).get("type") == "integer":
        text = "A page of the list is no larger than was asked for."
        arguments = {"parameter": paging.size, "items": location.items}
        yield acted.row("SIZE", text, "respects_page_size", arguments)
    if paging.at is not None:
        text = f"The pages of the list have every {job} of this run once."
        yield acted.row("PAGES", text, "list_pages_whole", {"size": paging.size})


def _change(acted: _Acted) -> Iterator[Requirement]:
    """Deletion, cancellation and start: what they lead to, and where they are refused."""
    lifecycle, action, name = acted.lifecycle, acted.action, acted.operation.id
    job, enters = lifecycle.job, action.enters
    gives_file = enters is not None and lifecycle.states[enters].file
    may_have_file = any(state.file for state in lifecycle.states.values())
    if action.name == "start":
        text = f"Every {job} that was started leaves {lifecycle.initial}."
        yield acted.row("STARTED", text, "start_leaves_initial_state")
    elif enters is not None:
        text = f"After a success of {name} the {job} comes to {enters}, or is gone."
        later = sorted(lifecycle.reachable(enters, frozenset({"time"})) - {enters})
        yield acted.row("EFFECT", text, "action_takes_effect", {"states": [enters, *later]})
    if action.name == "delete" and "fetch" in lifecycle.actions and not gives_file:
        text = f"After a success of {name} the file is not given out any more."
        yield acted.row("GONE", text, "deleted_file_is_gone")
    if action.name == "cancel" and may_have_file and not gives_file:
        text = f"No {job} that was cancelled comes to a file."
        yield acted.row("STOPPED", text, "cancelled_job_has_no_file")
    for state in lifecycle.states:
        if _is_closed(lifecycle, action, state):
            # The default may be derived, and then any refusal is as good.
            status = action.refused.get(state)
            by = f" by {status}" if status else ""
            yield acted.row(
                "CLOSED",
                f"{name} is refused{by} while the {job} is {state}.",
                "rejected_in_states",
                {"states": [state]} | ({"statuses": [status]} if status else {}),
                detail=state,
            )


def _is_closed(lifecycle: Lifecycle, action: Action, state: str) -> bool:
    """Return True if an action is refused in a state, and in those that may have come of it.

    A client can only ask for a state and act after that.
    """
    later = {state, *lifecycle.reachable(state, _BY_TIME)}
    reached = lifecycle.reachable(lifecycle.initial, frozenset({"time", "start"}))
    statuses = {action.refused.get(name) for name in later}
    is_open = later & (action.allowed | action.ignored)
    return state in reached and not is_open and len(statuses) == 1


_ACTIONS: Final[Mapping[str, Callable[[_Acted], Iterator[Requirement]]]] = MappingProxyType(
    {
        "create": _create,
        "poll": _poll,
        "fetch": _fetch,
        "list": _list,
        "delete": _change,
        "cancel": _change,
        "start": _change,
    }
)


def _of_location(rows: Rows, operation: Operation, location: Location) -> Iterator[Requirement]:
    lifecycle, name = rows.contract.lifecycle, operation.id
    place = rows.in_lifecycle("locations", name)
    if location.status is not None or location.shown is not None:
        text = f"{name} shows every {lifecycle.job} in a state of its lifecycle."
        yield rows.row("STATE", text, "state_is_known", place=place, operation=name)
    parameter = rows.job_parameter(operation)
    in_body = location.id_header is None and location.id_link is None and location.id != ""
    if location.items is None and parameter is not None and in_body:
        yield rows.row(
            "ID",
            f"The id in an answer of {name} is the one that was asked for.",
            "field_equals_parameter",
            {"pointer": location.id, "parameter": parameter},
            place=place,
            operation=name,
        )
    if location.items is None and rows.is_action(operation, "poll"):
        yield from _of_values(rows, operation)


def _of_values(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    """The links of a job, and what it keeps of its creation."""
    lifecycle = rows.contract.lifecycle
    named = {
        value.at: (key, value)
        for key in ("default", operation.id)
        for value in lifecycle.values.get(key, ())
        if value.at is not None
    }
    for at, (key, value) in named.items():
        schema = rows.member_schema(operation, at)
        place = rows.in_lifecycle("values", key, at)
        if schema and value.kind == "link":
            yield from _of_link(rows, operation, value, place)
        elif schema and value.kind == "input" and str(value.argument).startswith("/"):
            yield rows.row(
                "ECHO",
                f"Every {lifecycle.job} has at {at} what was asked for at {value.argument}.",
                "job_echoes_request",
                {"pointer": at, "requested": [value.argument]},
                place=place,
                operation=operation.id,
                detail=at,
                level="must" if "enum" in schema else "should",
            )


def _of_link(rows: Rows, operation: Operation, value: Value, place: str) -> Iterator[Requirement]:
    lifecycle, job = rows.contract.lifecycle, rows.contract.lifecycle.job
    action = lifecycle.actions.get(value.argument)
    to = action.operation if action else value.argument
    fetch = lifecycle.actions.get("fetch")
    if fetch is not None and to == fetch.operation:
        subject, check = "RESULT", "location_is_fetchable"
        text = f"Where the {job} says at {value.at} that its file is, there is one."
        arguments = {"pointer": value.at}
    elif not value.signed:
        subject, check = "LINK", "link_targets_same_resource"
        text = f"The link of the {job} at {value.at} leads to {to} of the same {job}."
        arguments = {"pointer": value.at, "to": to}
    else:
        return
    name, detail = operation.id, value.at or ""
    yield rows.row(subject, text, check, arguments, place=place, operation=name, detail=detail)
