"""Changes of a vendor's contract in the profile `observed`, each of one thing that a mock plays.

All of them change a `ContractEditor`. A LookupError says that the files cannot say it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

from specs.contract import is_json
from specs.editing import ContractEditor, Place
from specs.pointer import tokens
from specs.values import DEFAULT, HEADER

Json = dict[str, Any]
SOURCE = "observed"


# --- States


def wire_names(editor: ContractEditor) -> dict[str, str]:
    """Return the first state that has each name on the wire."""
    states = reversed(editor.lifecycle["states"].items())
    return {str(editor.by_profile(row, "wire", name)): name for name, row in states}


def rename_state(editor: ContractEditor, old: str, new: str) -> None:
    """Give the states that are called `old` on the wire another name there."""
    for name, row in editor.lifecycle["states"].items():
        if str(editor.by_profile(row, "wire", name)) == old:
            editor.set_by_profile(row, "wire", new)
    for schema in _enums(editor):
        schema["enum"] = [new if value == old else value for value in schema["enum"]]


def add_state(editor: ContractEditor, word: str, before: str, actions: Iterable[str]) -> str:
    """Add a state behind `before`, in which these actions succeed; return its name."""
    lifecycle = editor.lifecycle
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in word).upper()
    if name in lifecycle["states"] or not name[:1].isalpha():
        raise LookupError(word)
    row = {"meaning": f"Seen after {before}.", "source": SOURCE}
    lifecycle["states"][name] = row if name == word else {**row, "wire": word}
    for schema in _enums(editor):
        schema["enum"] = [*schema["enum"], *([] if word in schema["enum"] else [word])]
    for action in actions:
        if "allowed" in lifecycle["actions"][action]:
            allow(editor, action, name)
    return name


def _enums(editor: ContractEditor) -> Iterator[Json]:
    """Yield the schemas with the names of the states."""
    places: dict[Place, None] = {}
    for name, row in editor.lifecycle["locations"].items():
        if "status" not in row:
            continue
        items = [*tokens(row["items"]), "*"] if "items" in row else []
        for status in editor.at((*editor.operation(name), "responses")):
            try:
                schema = editor.schema(editor.response(name, status))
                places[editor.member(schema, [*items, *tokens(row["status"])])] = None
            except LookupError:
                continue
    yield from (editor.at(place) for place in places if "enum" in editor.at(place))


def timeline(editor: ContractEditor) -> list[Json]:
    """Return the stages of the timeline."""
    stages: list[Json] = editor.by_profile(editor.lifecycle, "timeline")
    return stages


def set_timeline(editor: ContractEditor, stages: Sequence[Json]) -> None:
    """Set the timeline, with the edges that it needs."""
    edges = editor.lifecycle["edges"]
    by_time = {(edge["from"], edge["to"]) for edge in edges if edge["by"] == "time"}
    for one, following in pairwise(stages):
        if (one["state"], following["state"]) not in by_time:
            edges.append(_edge(one["state"], following["state"], "time"))
    editor.set_by_profile(editor.lifecycle, "timeline", list(stages))


def _edge(start: str, end: str, by: str) -> Json:
    return {"from": start, "to": end, "by": by, "source": SOURCE}


# --- Statuses


def rename_success(editor: ContractEditor, operation: str, old: int, new: int) -> None:
    """Give the success of an operation another status."""
    responses = editor.at((*editor.operation(operation), "responses"))
    if not 200 <= new < 300:
        raise LookupError(new)
    content = responses.pop(str(old))
    responses.setdefault(str(new), content)
    for action in _actions_of(editor, operation):
        answers = editor.by_profile(action, "answers", {})
        changed = {state: new if status == old else status for state, status in answers.items()}
        if changed != answers:
            editor.set_by_profile(action, "answers", changed)


def set_answer(
    editor: ContractEditor, operation: str, states: Iterable[str], old: int, new: int
) -> None:
    """Let an operation succeed with `new` in some states, like `old` otherwise."""
    action = next(iter(_actions_of(editor, operation)), None)
    if action is None:
        raise LookupError(operation)
    responses = editor.at((*editor.operation(operation), "responses"))
    responses.setdefault(str(new), deepcopy(responses[str(old)]))
    answers = editor.by_profile(action, "answers", {})
    editor.set_by_profile(action, "answers", {**answers, **dict.fromkeys(states, new)})


def refuse(editor: ContractEditor, action: str, state: str, status: int) -> None:
    """Let an action be refused in a state, with this status."""
    row = editor.lifecycle["actions"][action]
    if row["operation"] == editor.lifecycle["actions"]["poll"]["operation"]:
        raise LookupError(action)
    row["allowed"] = [name for name in row.get("allowed", _states(editor)) if name != state]
    if state in row.get("ignored", ()):
        row["ignored"] = [name for name in row["ignored"] if name != state]
    edges = editor.lifecycle["edges"]
    editor.lifecycle["edges"] = [e for e in edges if (e["from"], e["by"]) != (state, action)]
    row["refused"] = {**row.get("refused", {}), state: status}
    editor.own_response(row["operation"], status)


def allow(editor: ContractEditor, action: str, state: str) -> None:
    """Let an action succeed in a state."""
    row = editor.lifecycle["actions"][action]
    if "allowed" not in row:
        raise LookupError(action)
    if state == row.get("enters"):
        row["ignored"] = [*row.get("ignored", ()), state]
    elif state not in row["allowed"]:
        row["allowed"] = [*row["allowed"], state]
        if "enters" in row:
            editor.lifecycle["edges"].append(_edge(state, row["enters"], action))
    if state in row.get("refused", {}):
        row["refused"] = {name: it for name, it in row["refused"].items() if name != state}


def _states(editor: ContractEditor) -> list[str]:
    return list(editor.lifecycle["states"])


def _actions_of(editor: ContractEditor, operation: str) -> Iterator[Json]:
    for action in editor.lifecycle["actions"].values():
        if action["operation"] == operation:
            yield action


# --- Bodies


def set_member(editor: ContractEditor, parent: Place, name: str, schema: Json | None) -> None:
    """Set the schema of a member of an object; None: there is no such member."""
    for content in _parts(editor.at(parent)):
        if name in content.get("properties", {}):
            content["properties"] = {k: v for k, v in content["properties"].items() if k != name}
    content = editor.at(parent)
    if schema is None:
        require(editor, parent, name, needed=False)
    else:
        content.setdefault("properties", {})[name] = {**schema, "x-source": SOURCE}


def require(editor: ContractEditor, parent: Place, name: str, *, needed: bool) -> None:
    """Say whether a member of an object is always there."""
    for content in _parts(editor.at(parent)):
        if name in content.get("required", ()):
            content["required"] = [other for other in content["required"] if other != name]
            if not content["required"]:
                del content["required"]
    if needed:
        content = editor.at(parent)
        content["required"] = [*content.get("required", ()), name]


def _parts(schema: Json) -> Iterator[Json]:
    yield schema
    for part in schema.get("allOf", ()):
        yield from _parts(part)


def set_value(editor: ContractEditor, operation: str, at: str, value: Json | None) -> None:
    """Set what fills a member (a pointer) or a `header NAME` of an operation; None: nothing."""
    values = editor.lifecycle.setdefault("values", {})
    rows = {_same(name): name for name in values.get(operation, {})}
    values.get(operation, {}).pop(rows.get(_same(at), at), None)
    default = {_same(name): row for name, row in values.get(DEFAULT, {}).items()}.get(_same(at))
    if value is None and default is not None:
        value = {**default, "when": []}
    if value is not None:
        values.setdefault(operation, {})[at] = value
    editor.lifecycle["values"] = {name: rows for name, rows in values.items() if rows}
    if not editor.lifecycle["values"]:
        del editor.lifecycle["values"]


def value_of(editor: ContractEditor, operation: str, at: str) -> Json | None:
    """Return what fills a member or a header of an operation, None where nothing is declared."""
    values = editor.lifecycle.get("values", {})
    for name in (operation, DEFAULT):
        for place, row in values.get(name, {}).items():
            if _same(place) == _same(at):
                return dict(row)
    return None


def _same(at: str) -> str:
    return at.lower() if at.startswith(HEADER) else at


def set_header(
    editor: ContractEditor, operation: str, status: int, name: str, value: Json | None
) -> None:
    """Set what fills a header of a response, and declare it; None: the header is not there."""
    response = editor.at(editor.own_response(operation, status))
    declared = response.get("headers", {})
    kept = {key: row for key, row in declared.items() if key.lower() != name.lower()}
    known = value_of(editor, operation, f"{HEADER}{name}")
    if value is None and known is None and kept == declared:
        raise LookupError(name)
    if value is not None:
        kept[name] = {"schema": {"type": "string"}, "x-source": SOURCE}
    response["headers"] = kept
    if not kept:
        del response["headers"]
    set_value(editor, operation, f"{HEADER}{name}", value)


def set_body(editor: ContractEditor, operation: str, status: int, schema: Json | None) -> None:
    """Let a response have a JSON body of a schema; None: it has no body."""
    response = editor.at(editor.own_response(operation, status))
    content = response.pop("content", {})
    if schema is None:
        # Where a body is not, it cannot show a job; one that must is missed by the lint.
        editor.lifecycle["locations"].pop(operation, None)
    else:
        others = {media: row for media, row in content.items() if not is_json(media)}
        response["content"] = {"application/json": {"schema": schema}, **others}


def set_error_words(
    editor: ContractEditor, operation: str, status: int, words: Mapping[str, str]
) -> None:
    """Let members of an error body have one value each."""
    if editor.lifecycle.get("errors"):
        raise LookupError("errors")
    for at, word in words.items():
        *parents, last = tokens(at)
        parent = editor.own_schema(operation, status, parents)
        known = editor.at(editor.member(parent, [last]))
        if known.get("type") != "string":
            raise LookupError(at)
        set_member(editor, parent, last, {**known, "enum": [word], "example": word})


def set_enters(editor: ContractEditor, action: str, state: str) -> None:
    """Let an action lead to another state."""
    lifecycle = editor.lifecycle
    row = lifecycle["actions"][action]
    if "enters" not in row or action == "create":
        raise LookupError(action)
    row["enters"] = state
    lifecycle["edges"] = [
        {**edge, "to": state} if edge["by"] == action else edge for edge in lifecycle["edges"]
    ]


def set_job_ids(editor: ContractEditor, schema: Json) -> None:
    """Set the schema of the parameters that take a job's id."""
    poll = editor.lifecycle["actions"]["poll"]["operation"]
    name = str(editor.operation(poll)[1]).rpartition("{")[2].partition("}")[0]
    for parameter in _parameters(editor):
        if parameter.get("name") == name and "schema" in parameter:
            parameter["schema"] = {k: v for k, v in schema.items() if k != "example"}


def _parameters(editor: ContractEditor) -> Iterator[Json]:
    yield from editor.openapi.get("components", {}).get("parameters", {}).values()
    for item in editor.openapi["paths"].values():
        yield from item.get("parameters", ())
        for row in item.values():
            yield from row.get("parameters", ()) if isinstance(row, dict) else ()


def set_column(editor: ContractEditor, name: str, schema: Json | None) -> None:
    """Let the file of a job have a column of what a schema describes; None: it has no such one."""
    file = editor.lifecycle.get("file", {})
    if "columns" not in file:
        raise LookupError("columns")
    columns = [dict(column) for column in file["columns"]]
    places = [index for index, column in enumerate(columns) if column["name"] == name]
    new = [] if schema is None else [{"name": name, **_column(schema)}]
    if places:
        columns[places[0] : places[0] + 1] = new
    else:
        columns += new
    if not columns:
        raise LookupError(name)
    file["columns"] = columns


def _column(schema: Json) -> Json:
    kinds: dict[str, Json] = {
        "integer": {"is": "integer", "from": 1, "to": 100},
        "number": {"is": "decimal", "from": 0.1, "to": 99.9},
        "boolean": {"is": "boolean"},
        "string": {"is": "choice", "of": [schema.get("example", "")]},
    }
    if schema.get("format") in {"date-time", "uuid"}:
        return {"is": {"date-time": "moment", "uuid": "id"}[schema["format"]]}
    if schema["type"] not in kinds:
        raise LookupError(schema["type"])
    return kinds[schema["type"]]
