"""Suggestions about the lives of jobs: names, order and durations of states, and statuses."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import isodate

from conformance.drift.comparison import Difference, details
from conformance.drift.naming import RequirementNames
from conformance.drift.observed import Case, Key, Observed, renamed, round_seconds, with_status
from specs import Contract, edits
from specs.editing import ContractEditor

Edit = Callable[[], object]
MAX_EVIDENCE: Final = 100
VARIES: Final = "it varies, and the files say what always is"
SAID: Final = "the files say it already"
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


class StateSuggester:
    """Turns the differences of two results into changes, as far as they are about states.

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

    def _lives(self) -> None:
        """Make the changes that are about states and statuses."""
        self._wire_names()
        self._successes()
        for kind, handle in (
            ("order", self._order),
            ("duration", self._duration),
            ("status", self._status),
            ("state", self._state),
        ):
            self._each(kind, handle)


def _duration(seen: Mapping[str, Any]) -> str:
    seconds = round_seconds(seen["least"], seen["most"])
    return str(isodate.duration_isoformat(timedelta(seconds=seconds)))


def _short(text: str) -> str:
    return text if len(text) <= MAX_EVIDENCE else f"{text[:MAX_EVIDENCE]}…"
