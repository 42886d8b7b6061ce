"""What one side does, as changes of the contract that the other side was made from.

Each change is one of the profile `observed` of openapi.yaml or lifecycle.yaml, which the mock
plays. What no key of them says is the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from conformance.drift.comparison import Difference
from conformance.drift.naming import RequirementNames
from conformance.drift.observed import Key, Shape, plain, schema_of
from conformance.drift.report import grouped
from conformance.drift.suggest_states import UNSAID, VARIES, StateSuggester, Suggestion
from specs import Contract, edits
from specs.editing import Place
from specs.pointer import tokens
from specs.values import DEFAULT

Json = dict[str, Any]
WORDS: Final = ("value", "format")
SHAPES: Final = ("member", "type", *WORDS)
BY_CODE: Final = "the code of the mock makes it, not the vendor's files"
SEED: Final = "the columns of seed.yaml make it"


def suggest(
    contract: Contract,
    names: RequirementNames,
    theirs: Mapping[str, Any],
    ours: Mapping[str, Any],
    today: date,
) -> Suggestion:
    """Return the changes that make `ours` like `theirs`, which have no issue, and the rest."""
    suggestion = Suggester(contract, names, theirs, ours, today).run()
    if suggestion.changes and suggestion.editor.issues():
        return Suggester(contract, names, theirs, ours, today, careful=True).run()
    return suggestion


class Suggester(StateSuggester):
    """Turns the differences of two results into changes, those of bodies and headers last."""

    def run(self) -> Suggestion:
        """Return the changes and the rest."""
        self._lives()
        self._shapes()
        for kind in ("header", "header value"):
            self._each(kind, self._header)
        self._each("error code", self._error_code)
        self._each("body", self._body)
        left = {id_ for d in self._open() if d.kind != "verdict" for id_ in d.requirements}
        settled = {d for d in self._open() if d.kind == "verdict" and d.operation in self._touched}
        rest = [d for d in self._open() if d not in settled or left & set(d.requirements)]
        reasons = {self._shown(d): self._reasons.get(d, UNSAID) for d in rest}
        self._suggestion.rest = [(d, _reason(d, reasons)) for d in grouped(reasons)]
        return self._suggestion

    def _key(self, difference: Difference) -> Key:
        return difference.operation, int(difference.where[0].split()[0])

    def _actual(self, key: Key) -> Key:
        """Return operation and status as the edited contract has them."""
        return key[0], self._statuses.get(key, key[1])

    def _parent(self, key: Key, place: str) -> Place | None:
        """Return where the contract describes the object that has a member."""
        try:
            schema = self._editor.schema(self._editor.response(*self._actual(key)))
            return self._editor.member(schema, tokens(place.rpartition("/")[0]))
        except LookupError:
            return None

    def _shapes(self) -> None:
        groups: dict[tuple[Any, str], list[Difference]] = defaultdict(list)
        for difference in self._open(*SHAPES):
            key, place = self._key(difference), plain(difference.subject)
            if self._is_state(key, place) or (key in self._statuses and difference.kind in WORDS):
                self._done.add(
                    difference
                )  # named by the lifecycle; an unknown response has no enum
                continue
            parent = self._parent(key, place) or key
            groups[parent, place.rpartition("/")[2]].append(difference)
        fetch = self._lifecycle.actions.get("fetch")
        for (parent, name), found in groups.items():
            if fetch is not None and found[0].operation == fetch.operation and _is_file(found[0]):
                self._column(name, found)
            elif not self._contract.own or name == "*":
                self._reasons |= dict.fromkeys(found, UNSAID if self._contract.own else BY_CODE)
            else:
                self._shape(parent, name, found)

    def _column(self, name: str, found: Sequence[Difference]) -> None:
        """A member of the rows of a JSON file: a column."""
        if not self._contract.own:
            self._reasons |= dict.fromkeys(found, SEED)
            return
        key, place = self._key(found[0]), plain(found[0].subject)
        shapes = self._theirs.shapes(key, place).values()
        count, rows = sum(s.count for s in shapes), sum(s.parents for s in shapes)
        if count not in {0, rows} or place.count("/") != place.count("*") + 1:
            self._reasons |= dict.fromkeys(found, VARIES if count not in {0, rows} else UNSAID)
            return
        schema = schema_of(self._theirs, [key], place) if count else None
        self._change(
            f"the file has {'a' if count else 'no'} column {name}"
            + (f" ({schema['type']})" if schema else ""),
            f"{count} of {rows} rows in {key[0]} {key[1]}",
            found,
            lambda: edits.set_column(self._editor, name, schema),
        )

    def _is_state(self, key: Key, place: str) -> bool:
        location = self._lifecycle.locations.get(key[0])
        at = self._pointer(key[0], place)
        return location is not None and at is not None and at == location.status

    def _shape(self, parent: Any, name: str, found: Sequence[Difference]) -> None:
        seen = {(self._key(d), plain(d.subject)): None for d in found}
        presence = self._presence(seen)
        shapes = [s for key, at in seen for s in self._theirs.shapes(key, at).values()]
        if presence is None or any("null" in shape.types for shape in shapes):
            # When a member is null, only what is filled by a time of the job can say.
            self._reasons |= dict.fromkeys(found, VARIES if presence is None else UNSAID)
            return
        there = [state for state, is_there in presence.items() if is_there]
        keys = [key for key, _ in seen]
        _, place = next(iter(seen))
        schema = self._schema(keys, place, found) if there else None
        always = len(there) == len(presence)
        shared = not self._others(parent, name, keys, schema, always=always)
        text = "is always there" if always else f"is there in {', '.join(there)}"
        if not there:
            text = "is not there"
        elif schema and any(d.kind != "member" for d in found):
            text += f", as {schema['type']} ({schema.get('example')})"
        self._change(
            f"{place} {text}",
            f"{sum(s.count for s in shapes)} of {sum(s.parents for s in shapes)} in "
            + ", ".join(dict.fromkeys(f"{op} {status}" for op, status in keys)),
            found,
            lambda: self._set_shape(
                parent if shared else None, name, list(seen), schema, None if always else there
            ),
        )

    def _presence(self, seen: Iterable[tuple[Key, str]]) -> dict[str, bool] | None:
        """Return in which states a member is there; None where one state does not say it."""
        presence: dict[str, bool] = {}
        for key, place in seen:
            for state, shape in self._theirs.shapes(key, place).items():
                if shape.parents and shape.count not in {0, shape.parents}:
                    return None
                is_there = bool(shape.count)
                if presence.setdefault(state, is_there) is not is_there:
                    return None
        return presence

    def _others(
        self, parent: Any, name: str, keys: Sequence[Key], schema: Json | None, *, always: bool
    ) -> list[Key]:
        """Return the other responses of a shared schema in which the member is not so."""
        found = []
        for key in self._theirs.keys():  # noqa: SIM118
            for at in {plain(at) for r in self._theirs.of(key) for at in r["objects"]}:
                if key not in keys and self._parent(key, f"{at}/{name}") == parent:
                    shapes = self._theirs.shapes(key, f"{at}/{name}").values()
                    found += [key for shape in shapes if not _fits(shape, schema, always=always)]
        return found

    def _schema(self, keys: Sequence[Key], place: str, found: Sequence[Difference]) -> Json:
        """Return the schema of a member: the contract's own where its type does not differ."""
        schema = schema_of(self._theirs, keys, place)
        try:
            parent = self._parent(keys[0], place)
            known = self._editor.at(self._editor.member(parent or (), [place.rpartition("/")[2]]))
        except LookupError:
            known = None
        words = {w for key in keys for w in self._theirs.words(key, place) if key[1] >= 400} - {""}
        if len(words) == 1 and schema["type"] == "string":
            schema = {**schema, "enum": sorted(words), "example": next(iter(words))}
        if known is None or any(d.kind in {"type", "format"} for d in found):
            return schema
        if any(d.kind == "value" for d in found):
            values = known.get("enum", [])
            more = [] if schema["example"] in values else [schema["example"]]
            return {**known, "enum": [*values, *more], "example": schema["example"]}
        return {"example": schema.get("example"), **known}

    def _set_shape(
        self,
        parent: Place | None,
        name: str,
        seen: Sequence[tuple[Key, str]],
        schema: Json | None,
        states: Sequence[str] | None,
    ) -> None:
        """Set a member's schema, in a shared schema or for each response, and what fills it."""
        above = [tokens(place.rpartition("/")[0]) for _, place in seen]
        parents = [parent] if parent is not None and not isinstance(parent[1], int) else [
            self._editor.own_schema(*self._actual(key), path)
            for (key, _), path in zip(seen, above, strict=True)
        ]  # fmt: skip
        for at in parents:
            edits.set_member(self._editor, at, name, schema)
            if schema is not None:
                edits.require(self._editor, at, name, needed=states is None)
        for (operation, status), place in seen:
            if status < 400 and (pointer := self._pointer(operation, place)) is not None:
                self._fill(operation, pointer, schema, states, shared=len(parents) == 1)

    def _pointer(self, operation: str, place: str) -> str | None:
        """Return the pointer of a member from the job in a body; None for what is outside."""
        location = self._lifecycle.locations.get(operation)
        if location is None or location.items is None:
            return place if "*" not in place and location is not None else None
        start = f"{location.items}/*"
        return place.removeprefix(start) if place.startswith(f"{start}/") else None

    def _fill(
        self,
        operation: str,
        at: str,
        schema: Json | None,
        states: Sequence[str] | None,
        *,
        shared: bool,
    ) -> None:
        """Let the mock fill a member as its new schema asks."""
        row = edits.value_of(self._editor, operation, at)
        location = self._lifecycle.locations[operation]
        if shared and row is not None and row == edits.value_of(self._editor, DEFAULT, at):
            operation = DEFAULT
        if schema is not None and at == location.id:
            edits.set_job_ids(self._editor, schema)
        if schema is None or (row is None and states is None):
            edits.set_value(self._editor, operation, at, None)
            return
        kind = {"integer": "epoch", "number": "epoch"}.get(schema["type"], schema.get("format"))
        if row is not None and "time" in row:
            value = {"time": row["time"], **({"format": kind} if kind == "epoch" else {})}
        elif row is not None and states is not None and "constant" not in row:
            value = {k: v for k, v in row.items() if k != "when"}
        else:
            value = self._source(at, schema)
        names = [n for n, wire in self._state_wires() if states and wire in states]
        edits.set_value(
            self._editor, operation, at, {**value, **({} if states is None else {"when": names})}
        )

    def _state_wires(self) -> list[tuple[str, str]]:
        back = {theirs: ours for ours, theirs in self._words.items()}
        rows = self._editor.lifecycle["states"].items()
        wires = ((n, str(self._editor.by_profile(row, "wire", n))) for n, row in rows)
        return [(name, back.get(wire, wire)) for name, wire in wires]

    def _source(self, at: str, schema: Json) -> Json:
        """Return what fills a member that the lifecycle says nothing of, by its name."""
        name = at.rpartition("/")[2].lower()
        if schema.get("format") == "date-time":
            times = (("creat", "created_at"), ("start", "started_at"), ("expir", "expires_at"))
            ends = (("end", "ended_at"), ("finish", "ended_at"), ("complet", "ended_at"))
            named = (time for word, time in (*times, *ends) if word in name)
            return {"time": next(named, "updated_at")}
        if schema.get("format") == "uri" and "fetch" in self._lifecycle.actions:
            return {"link": "fetch"}
        return {"constant": schema.get("example")}

    def _header(self, difference: Difference) -> None:
        key, name = self._key(difference), difference.subject
        seen = self._theirs.headers(key, name)
        there = [state for state, (values, _) in seen.items() if values]
        varies = any(sum(v.values()) not in {0, count} or len(v) > 1 for v, count in seen.values())
        value = self._header_value(key, name, next(iter(v for v, _ in seen.values() if v), {}))
        if not self._contract.own or varies or (there and value is None) or key[1] >= 400:
            reason = VARIES if varies else UNSAID
            self._reasons[difference] = reason if self._contract.own else BY_CODE
            return
        if value is not None and len(there) < len(seen):
            names = [n for n, wire in self._state_wires() if wire in there]
            value = {**value, "when": names}
        found = [d for d in self._open("header", "header value") if d.subject == name]
        shown = "is not there" if value is None else f"is {next(iter(value.values()))}"
        self._change(
            f"the header {name.title()} {shown}",
            f"{sum(sum(v.values()) for v, _ in seen.values())} of "
            f"{sum(count for _, count in seen.values())} in {key[0]} {key[1]}",
            [d for d in found if self._key(d) == key],
            lambda: edits.set_header(self._editor, *self._actual(key), name.title(), value),
        )

    def _header_value(self, key: Key, name: str, values: Mapping[str, int]) -> Json | None:
        """Return what makes a header; None where it changes from response to response."""
        location = self._lifecycle.locations.get(key[0])
        if not values or name == "content-type" or (location and location.items is not None):
            return None
        if name == "retry-after":
            return {"retry_after": True}
        if name == "location":
            return {"link": "poll"}
        text = next(iter(values)).replace("{n}", "1")
        return None if not text or "{" in text else {"constant": text}

    def _error_code(self, difference: Difference) -> None:
        theirs, ours = self._cases(difference)
        if not self._contract.own:
            self._reasons[difference] = BY_CODE
            return
        found = [
            d for d in self._open("error code")
            if d.operation == difference.operation and self._cases(d)[0].statuses <= theirs.statuses
        ]  # fmt: skip
        places = {
            word.partition("=")[0] for case in (theirs, ours) for outcome in case.outcomes
            for word in outcome.split()[1:]
        }  # fmt: skip
        words: dict[int, dict[str, str]] = {}
        for status in sorted(theirs.statuses):
            for place in sorted(places):
                seen = self._theirs.words((difference.operation, status), place)
                if seen == self._ours.words((difference.operation, status), place):
                    continue
                if len(seen) > 1:
                    self._reasons |= dict.fromkeys(found, VARIES)
                    return
                word = next(iter(seen), "")
                if word and not self._says((difference.operation, status), place, word):
                    words.setdefault(status, {})[place] = word
        if not words:  # the members of its body have been changed already
            self._done |= set(found)
            return
        shown = ", ".join(
            f"{s} {at}={word}" for s, row in words.items() for at, word in row.items()
        )
        self._change(
            f"{difference.operation} is refused with {shown}",
            f"{sum(theirs.outcomes.values())} of as many: {difference.where[0]}",
            found,
            lambda: self._set_words(difference.operation, words),
        )

    def _says(self, key: Key, place: str, word: str) -> bool:
        """Return whether the contract, as it is changed by now, has this word in an error."""
        try:
            schema = self._editor.schema(self._editor.response(*key))
            member = self._editor.at(self._editor.member(schema, tokens(place)))
        except LookupError:
            return False
        return bool(member.get("enum") == [word])

    def _set_words(self, operation: str, words: Mapping[int, Mapping[str, str]]) -> None:
        for status, row in words.items():
            edits.set_error_words(self._editor, operation, status, row)

    def _body(self, difference: Difference) -> None:
        key = self._key(difference)
        bodies = self._theirs.bodies(key)
        if not self._contract.own or len(bodies) != 1 or "not JSON" in bodies:
            self._reasons[difference] = UNSAID if self._contract.own else BY_CODE
            return
        (body,) = bodies
        schema = None if body == "none" else schema_of(self._theirs, [key], "")
        self._change(
            f"the body of {key[0]} {key[1]} is {body}",
            f"{bodies[body]} responses",
            [d for d in self._open("body") if self._key(d) == key],
            lambda: edits.set_body(self._editor, *self._actual(key), schema),
        )


def _is_file(difference: Difference) -> bool:
    return int(difference.where[0].split()[0]) < 300 and "*" in difference.subject


def _fits(shape: Shape, schema: Json | None, *, always: bool) -> bool:
    """Return whether a member that was seen is as a schema says, or the schema is not there."""
    if schema is None:
        return not shape.count
    is_whole = shape.count == shape.parents or not always
    return is_whole and shape.types.keys() <= {schema["type"]}


def _reason(difference: Difference, reasons: Mapping[Difference, str]) -> str:
    same = replace(difference, where=(), count=1, requirements=())
    found = (r for d, r in reasons.items() if replace(d, where=(), requirements=()) == same)
    return next(found, UNSAID)
