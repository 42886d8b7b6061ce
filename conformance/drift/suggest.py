"""What one side does, as changes of the contract that the other side was made from.

Each change is one of the profile `observed` of openapi.yaml or lifecycle.yaml, which the mock
plays. What no key of them says is the rest.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import isodate

from conformance.drift.comparison import Difference, details, grouped
from conformance.drift.naming import RequirementNames
from conformance.drift.observed import (
    Case,
    Key,
    Observed,
    Shape,
    plain,
    renamed,
    round_seconds,
    schema_of,
    with_status,
)
from specs import Contract, edits
from specs.editing import ContractEditor, Place
from specs.pointer import tokens
from specs.values import DEFAULT

Json = dict[str, Any]
Edit = Callable[[], object]
WORDS: Final = ("value", "format")
SHAPES: Final = ("member", "type", *WORDS)
MAX_EVIDENCE: Final = 100
BY_CODE: Final = "the code of the mock makes it, not the vendor's files"
VARIES: Final = "it varies, and the files say what always is"
SAID: Final = "the files say it already"
SEED: Final = "the columns of seed.yaml make it"
UNSAID: Final = "no key of the files says it"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of files: what they say now, what showed it, and what it is about."""

    files: tuple[str, ...]
    requirements: tuple[str, ...]
    text: str
    evidence: str


@dataclass
class Suggestion:
    """The changes of a vendor's files, and the differences that none of them can say."""

    editor: ContractEditor
    changes: list[Change] = field(default_factory=list)
    rest: list[tuple[Difference, str]] = field(default_factory=list)


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


class Suggester:
    """Turns the differences of two results into changes.

    `theirs` is the result that is right, `ours` that of what was made from the contract. One that
    is `careful` leaves out each change that the lint would refuse, which takes longer.
    """

    def __init__(
        self,
        contract: Contract,
        names: RequirementNames,
        theirs: Mapping[str, Any],
        ours: Mapping[str, Any],
        today: date,
        *,
        careful: bool = False,
    ) -> None:
        assert contract.folder is not None
        self._contract = contract
        self._lifecycle = contract.lifecycle
        self._editor = ContractEditor(contract.folder)
        self._suggestion = Suggestion(self._editor)
        self._names = names
        self._today = today
        self._careful = careful
        self._results = (theirs, ours)
        self._reasons: dict[Difference, str] = {}
        self._done: set[Difference] = set()
        self._touched: set[str] = set()
        self._wires = edits.wire_names(self._editor)
        self._words: dict[str, str] = {}
        self._statuses: dict[Key, int] = {}
        self._read()

    def _read(self) -> None:
        self._theirs, self._ours = map(Observed, self._results)
        self._all = details(*self._results, self._names)

    def run(self) -> Suggestion:
        """Return the changes and the rest."""
        self._wire_names()
        self._successes()
        for kind, handle in (
            ("order", self._order),
            ("duration", self._duration),
            ("status", self._status),
            ("state", self._state),
        ):
            self._each(kind, handle)
        self._shapes()
        for kind, handle in (
            ("header", self._header),
            ("header value", self._header),
            ("error code", self._error_code),
            ("body", self._body),
        ):
            self._each(kind, handle)
        rest = [d for d in self._open() if d.kind != "verdict" or d.operation not in self._touched]
        reasons = {self._shown(d): self._reasons.get(d, UNSAID) for d in rest}
        self._suggestion.rest = [(d, _reason(d, reasons)) for d in grouped(reasons)]
        return self._suggestion

    def _shown(self, difference: Difference) -> Difference:
        """Return a difference with the names of states that it will have then."""
        text = {name: getattr(difference, name) for name in ("subject", "a", "b")}
        return replace(difference, **renamed(text, self._words))

    def _open(self, *kinds: str) -> list[Difference]:
        return [d for d in self._all if d not in self._done and (not kinds or d.kind in kinds)]

    def _each(self, kind: str, handle: Callable[[Difference], None]) -> None:
        for difference in self._open(kind):
            if difference not in self._done:
                handle(difference)

    def _change(
        self,
        text: str,
        evidence: str,
        found: Iterable[Difference],
        edit: Edit,
        operations: Iterable[str] = (),
    ) -> bool:
        """Make a change, with a comment that says why; return whether the files can say it."""
        found = list(found)
        note = f"observed {self._today.isoformat()}: {text} ({_short(evidence)})"
        try:
            with self._editor.noted(note, lint=self._careful) as files:
                edit()
        except LookupError:
            self._reasons |= dict.fromkeys(found, UNSAID)
            return False
        if not files:
            self._reasons |= dict.fromkeys(found, SAID)
            return False
        ids = dict.fromkeys(id_ for d in found for id_ in d.requirements)
        change = Change(tuple(dict.fromkeys(files)), tuple(ids)[:3], text, evidence)
        self._suggestion.changes.append(change)
        self._done |= set(found)
        self._touched |= {d.operation for d in found} | set(operations)
        return True

    def _normalize(self, behaviour: Any) -> None:
        """Read their side as if what is changed already were as on our side."""
        theirs, ours = self._results
        self._results = ({**theirs, "behaviour": behaviour}, ours)
        self._read()

    # --- States

    def _wire_names(self) -> None:
        located = [name for name, row in self._lifecycle.locations.items() if row.status]
        pairs = list(self._renamed(located))
        for ours, theirs in pairs:
            seen = sum(r["responses"] for r in self._theirs.responses if r["state"] == theirs)
            if self._change(
                f"the state {ours} is called {theirs}",
                f"{seen} responses",
                (),
                lambda ours=ours, theirs=theirs: edits.rename_state(self._editor, ours, theirs),  # type: ignore[misc]
                located,
            ):
                self._words[ours] = theirs
        if self._words:
            back = {theirs: ours for ours, theirs in self._words.items()}
            self._normalize(renamed(self._results[0]["behaviour"], back))

    def _renamed(self, located: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield our name and theirs of the states that are the same: the first, of one order."""
        theirs, ours = (
            list(dict.fromkeys(state for name in located for state in side.states(name)))
            for side in (self._theirs, self._ours)
        )
        unknown = [state for state in theirs if state not in self._wires]
        missing = [state for state in ours if state in self._wires and state not in theirs]
        create = self._lifecycle.actions["create"].operation
        pairs = [tuple(" ".join(s.states(create)) for s in (self._ours, self._theirs))]
        orders = [[*s.jobs["orders"]] for s in (self._ours, self._theirs)]
        if [len(order) for order in orders] == [1, 1]:
            ways = [order[0].split(" > ") for order in orders]
            pairs += zip(*ways, strict=True) if len(ways[0]) == len(ways[1]) else ()
        for one, other in dict.fromkeys(pairs):
            if one in missing and other in unknown:
                yield one, other
                missing.remove(one)
                unknown.remove(other)
        if len(missing) == len(unknown) == 1:
            yield missing[0], unknown[0]

    def _order(self, difference: Difference) -> None:
        orders = self._theirs.jobs["orders"]
        if len(orders) != 1:
            self._reasons[difference] = VARIES
            return
        (order,) = orders
        poll = self._lifecycle.actions["poll"].operation
        self._change(
            f"a job goes {order}",
            f"{orders[order]} jobs, none went {', '.join(self._ours.jobs['orders'])}",
            self._open("order", "end"),
            lambda: self._set_order(order.split(" > ")),
            [poll],
        )

    def _set_order(self, way: Sequence[str]) -> None:
        before = way[0]
        for word in way:
            if word not in self._wires:
                actions = (name for name in self._lifecycle.actions if self._allows(name, word))
                state = edits.add_state(self._editor, word, self._wires[before], actions)
                self._wires[word] = state
            before = word
        known = {stage["state"]: stage.get("lasts") for stage in edits.timeline(self._editor)}
        stages = [{"state": self._wires[word]} for word in way]
        for word, stage in zip(way[:-1], stages[:-1], strict=True):
            stage["lasts"] = self._lasts(word, known.get(stage["state"]))
        edits.set_timeline(self._editor, stages)

    def _allows(self, action: str, word: str) -> bool:
        operation = self._lifecycle.actions[action].operation
        cases = (c for c in self._theirs.cases if c.operation == operation)
        return any(min(c.statuses, default=500) < 400 for c in cases if c.job == (word, ""))

    def _lasts(self, word: str, known: str | None) -> str:
        """Return how long a state lasts: as it was where that can be."""
        seen = self._theirs.jobs["seconds"].get(word)
        if seen is None:
            return known or "PT1S"
        seconds = isodate.parse_duration(known).total_seconds() if known else -1
        holds = seen["least"] <= seconds <= seen["most"]
        return known if known and holds else _duration(seen)

    def _duration(self, difference: Difference) -> None:
        seen = self._theirs.jobs["seconds"][difference.subject]
        name = self._wires.get(difference.subject, "")
        stages = [s for s in edits.timeline(self._editor) if s["state"] == name and "lasts" in s]
        if not stages or seen["varies"]:
            self._reasons[difference] = VARIES if seen["varies"] else UNSAID
            return
        lasts = _duration(seen)
        self._change(
            f"{name} lasts {lasts}, not {stages[0]['lasts']}",
            f"{seen['jobs']} jobs, between {seen['least']:.0f} and {seen['most']:.0f} s",
            [difference],
            lambda: stages[0].update(lasts=lasts),
        )

    # --- Statuses

    def _cases(self, difference: Difference) -> tuple[Case, Case]:
        """Return their case and ours of a difference that a request shows."""
        wanted = difference.operation, difference.where[0]
        theirs, ours = (
            next(c for c in side.cases if (c.operation, c.request) == wanted)
            for side in (self._theirs, self._ours)
        )
        return theirs, ours

    def _status(self, difference: Difference) -> None:
        theirs, ours = self._cases(difference)
        if len(theirs.statuses) != 1 or len(ours.statuses) != 1:
            self._reasons[difference] = VARIES
            return
        (new,), (old,) = theirs.statuses, ours.statuses
        found = [d for d in self._open("status") if self._change_of(d) == (*theirs.job, new, old)]
        found = [d for d in found if d.operation == difference.operation]
        if new < 400 and old < 400:
            self._success(difference.operation, new, old)
            return
        state = self._state_of(theirs)
        action = self._acting(difference.operation)
        if state is None or action is None:
            self._reasons[difference] = UNSAID
            return
        does = f"is refused with {new}" if new >= 400 else f"succeeds with {new}"
        self._change(
            f"{difference.operation} in {state} {does}, not {old}",
            f"{sum(theirs.outcomes.values())} of as many: {difference.where[0]}",
            found,
            lambda: (
                edits.refuse(self._editor, action, state, new)
                if new >= 400
                else edits.allow(self._editor, action, state)
            ),
        )

    def _change_of(self, difference: Difference) -> tuple[str, str, int, int] | None:
        theirs, ours = self._cases(difference)
        if len(theirs.statuses) != 1 or len(ours.statuses) != 1:
            return None
        return (*theirs.job, min(theirs.statuses), min(ours.statuses))

    def _state_of(self, case: Case) -> str | None:
        word, after = case.job
        if word:
            return self._wires.get(word)
        action = self._lifecycle.actions.get(after)
        return action.enters if action else None

    def _acting(self, operation: str) -> str | None:
        names = (n for n, row in self._lifecycle.actions.items() if row.operation == operation)
        return next((name for name in names if name not in {"create", "poll", "list"}), None)

    def _successes(self) -> None:
        """Another status of every success of an operation."""
        for operation in self._contract.operations if self._contract.own else ():
            (theirs, ours) = (
                [status for name, status in side.keys() if name == operation and status < 400]  # noqa: SIM118
                for side in (self._theirs, self._ours)
            )
            if len(theirs) == len(ours) == 1 and theirs != ours:
                (new, old), key = (theirs[0], ours[0]), (operation, theirs[0])
                found = [d for d in self._open("status") if d.operation == operation]
                self._succeeds(
                    f"{operation} succeeds with {new}, not {old}",
                    f"{sum(r['responses'] for r in self._theirs.of(key))} responses",
                    [d for d in found if (self._change_of(d) or ())[2:] == (new, old)],
                    key,
                    old,
                    lambda: edits.rename_success(self._editor, operation, old, new),  # noqa: B023
                )

    def _succeeds(
        self, text: str, evidence: str, found: Iterable[Difference], key: Key, old: int, edit: Edit
    ) -> None:
        operation, new = key
        if self._change(text, evidence, found, edit, [operation]):
            self._statuses[operation, old] = new
            behaviour = self._results[0]["behaviour"]
            self._normalize(with_status(behaviour, operation, {new: old}))

    def _success(self, operation: str, new: int, old: int) -> None:
        """Another status of a success of jobs in some states."""
        found = [d for d in self._open("status") if d.operation == operation]
        found = [d for d in found if (self._change_of(d) or ())[2:] == (new, old)]
        pairs = [
            (theirs, ours)
            for theirs in self._theirs.cases
            for ours in self._ours.cases
            if (theirs.operation, theirs.request) == (ours.operation, ours.request)
            and theirs.operation == operation
            and ours.statuses == {old}
        ]
        count = sum(sum(t.outcomes.values()) for t, _ in pairs if t.statuses == {new})
        changed = {self._wires.get(t.job[0], "") for t, _ in pairs if t.statuses == {new}} - {""}
        kept = {self._wires.get(t.job[0], "") for t, _ in pairs if t.statuses != {new}}
        if not changed or changed & kept:
            self._reasons |= dict.fromkeys(found, UNSAID)
            return
        self._succeeds(
            f"{operation} in {', '.join(sorted(changed))} succeeds with {new}, not {old}",
            f"{count} responses",
            found,
            (operation, new),
            old,
            lambda: edits.set_answer(self._editor, operation, sorted(changed), old, new),
        )

    def _state(self, difference: Difference) -> None:
        theirs, _ = self._cases(difference)
        words = {o.rpartition("state=")[2] for o in theirs.outcomes}
        action = theirs.job[1] or self._acting(difference.operation)
        state = self._wires.get(next(iter(words))) if len(words) == 1 else None
        if action is None or state is None:
            self._reasons[difference] = VARIES if len(words) > 1 else UNSAID
            return
        found = [d for d in self._open("state") if self._cases(d)[0].job[1] == theirs.job[1]]
        self._change(
            f"{action} leads to {state}",
            f"{sum(theirs.outcomes.values())} of as many: {difference.where[0]}",
            found,
            lambda: edits.set_enters(self._editor, action, state),
        )

    # --- Bodies

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
        if presence is None:
            self._reasons |= dict.fromkeys(found, VARIES)
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
        shapes = [s for key, at in seen for s in self._theirs.shapes(key, at).values()]
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


def _duration(seen: Mapping[str, Any]) -> str:
    seconds = round_seconds(seen["least"], seen["most"])
    return str(isodate.duration_isoformat(timedelta(seconds=seconds)))


def _short(text: str) -> str:
    return text if len(text) <= MAX_EVIDENCE else f"{text[:MAX_EVIDENCE]}…"


def _reason(difference: Difference, reasons: Mapping[Difference, str]) -> str:
    same = replace(difference, where=(), count=1, requirements=())
    found = (r for d, r in reasons.items() if replace(d, where=(), requirements=()) == same)
    return next(found, UNSAID)
