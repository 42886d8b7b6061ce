"""The comparison of two targets as text, JSON, Markdown or HTML."""

import html
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import unified_diff
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import jinja2
import orjson

from conformance.drift.comparison import JUDGED, Difference
from conformance.drift.suggest_states import Suggestion
from conformance.errors import UsageError
from conformance.report import write_content
from conformance.report.exchange_text import visible
from specs import is_own

MAX_IDS: Final = 12
_NUMBERS: Final = re.compile(r"\(\d+ of \d+\)|\d+ of \d+")


def not_comparable(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the requirements that only one side's run could judge: no difference, no equality."""
    verdicts = [{row["id"]: row["verdict"] for row in r["requirements"]} for r in (first, second)]
    both = verdicts[0].keys() & verdicts[1].keys()
    return [id_ for id_ in sorted(both) if len({v[id_] in JUDGED for v in verdicts}) == 2]


def grouped(found: Iterable[Difference]) -> list[Difference]:
    """Return differences in the order of a report, joined where several requests differ alike."""
    groups: dict[tuple[str, ...], list[Difference]] = defaultdict(list)
    for difference in found:
        d = difference
        groups[d.kind, d.operation, d.subject, d.a, d.b].append(d)
    joined = [_joined(rows) for rows in groups.values()]
    return sorted(joined, key=_rank)


def _rank(difference: Difference) -> tuple[Any, ...]:
    """Verdicts come first, what is about whole jobs last."""
    d = difference
    is_about_jobs = d.kind in {"order", "duration"}
    return is_about_jobs, d.kind != "verdict", d.requirements, d.operation, d.kind


def _joined(rows: Sequence[Difference]) -> Difference:
    ids = dict.fromkeys(id_ for row in rows for id_ in row.requirements)
    where = dict.fromkeys(text for row in sorted(rows, key=lambda r: r.where) for text in row.where)
    return replace(rows[0], requirements=tuple(ids)[:4], where=tuple(where)[:3], count=len(rows))


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: where its result came from, and what it says."""

    name: str
    source: str
    base_url: str
    seed: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of two sides.

    `accepted` are those that a baseline knows, `gone` what it knows and is no more.
    `not_compared` are requirements that only one side's run could judge.
    """

    vendor: str
    profile: str
    a: Side
    b: Side
    differences: tuple[Difference, ...]
    accepted: tuple[Difference, ...] = ()
    gone: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The result in one line."""
        if not self.differences and not self.accepted:
            return "no difference"
        count = len(self.differences)
        known = f", {len(self.accepted)} more accepted by the baseline" if self.accepted else ""
        return f"{count} difference{'' if count == 1 else 's'}{known}"


def identity(difference: Difference) -> str:
    """Return what two differences have in common that are the same, whatever their numbers."""
    parts = [difference.kind, difference.operation, difference.subject]
    if difference.kind not in {"duration", "verdict"}:
        parts += [_NUMBERS.sub("#", text) for text in (difference.a, difference.b)]
    else:
        parts += difference.requirements[:1] if difference.kind == "verdict" else []
    return " | ".join(parts)


def to_data(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON types."""
    return {
        "vendor": comparison.vendor,
        "profile": comparison.profile,
        "a": asdict(comparison.a),
        "b": asdict(comparison.b),
        "summary": comparison.summary,
        "drift": bool(comparison.differences),
        "differences": [_row(d, accepted=False) for d in comparison.differences]
        + [_row(d, accepted=True) for d in comparison.accepted],
        "gone": list(comparison.gone),
        "not_compared": list(comparison.not_compared),
    }


def _row(difference: Difference, *, accepted: bool) -> dict[str, Any]:
    return {**asdict(difference), "identity": identity(difference), "accepted": accepted}


def render_json(comparison: Comparison) -> bytes:
    """Return the comparison as UTF-8 JSON; it can be the baseline of later ones."""
    return orjson.dumps(to_data(comparison), option=orjson.OPT_INDENT_2) + b"\n"


def render_text(comparison: Comparison) -> str:
    """Return the comparison for a terminal."""
    return visible("\n".join(_lines(comparison)) + "\n")


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"{comparison.vendor} ({comparison.profile}): {comparison.summary}"
    for side in (comparison.a, comparison.b):
        yield f"  {side.name}  {side.source} ({side.verdict}, seed {side.seed})"
    for difference in comparison.differences:
        yield ""
        ids = ", ".join(difference.requirements) or "no requirement"
        subject = " ".join(filter(None, (difference.operation, difference.subject)))
        yield f"{difference.kind}  {ids}  {subject}"
        yield f"    A  {difference.a}"
        yield f"    B  {difference.b}"
        more = difference.count - len(difference.where)
        for text in difference.where:
            if text:
                yield f"    {text}"
        if difference.where and more > 0:
            yield f"    … and {more} more"
    for text in comparison.gone:
        yield f"no difference any more: {text}"
    if comparison.not_compared:
        yield ""
        yield f"judged on one side only: {_ids(comparison)}"


def _ids(comparison: Comparison) -> str:
    ids = comparison.not_compared
    more = f" and {len(ids) - MAX_IDS} more" if len(ids) > MAX_IDS else ""
    return ", ".join(ids[:MAX_IDS]) + more


def render_markdown(comparison: Comparison) -> str:
    """Return the comparison as GitHub-flavoured Markdown, for a comment."""
    sign = "❌" if comparison.differences else "✅"
    a, b = (f"{_code(side.source)} ({side.verdict})" for side in (comparison.a, comparison.b))
    lines = [
        f"## {sign} {comparison.vendor} ({comparison.profile}): {comparison.summary}",
        "",
        f"A is {a}, B is {b}.",
        "",
    ]
    if comparison.differences:
        lines += ["| what | requirements | where | A | B |", "| --- | --- | --- | --- | --- |"]
    for d in comparison.differences:
        subject = " ".join(filter(None, (d.operation, d.subject)))
        lines.append(_row_of(d.kind, ", ".join(d.requirements), subject, d.a, d.b))
    lines += [f"\nNo difference any more: {_code(text)}" for text in comparison.gone]
    if comparison.not_compared:
        lines.append(f"\nJudged on one side only: {_ids(comparison)}")
    return visible("\n".join(lines) + "\n")


def _row_of(*cells: str) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    escaped = html.escape(text, quote=False).replace("|", "\\|").replace("\n", " ")
    return re.sub(r"([*_`\[\]])", r"\\\1", escaped)


def _code(text: str) -> str:
    return f"`{text.replace('`', ' ')}`"


def render_html(comparison: Comparison) -> str:
    """Return the comparison as one HTML page."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    page = environment.get_template("page.html.j2")
    return page.render(c=comparison, ids=_ids(comparison))


RENDERERS: Final[Mapping[str, Callable[[Comparison], str | bytes]]] = MappingProxyType(
    {
        "json": render_json,
        "markdown": render_markdown,
        "html": render_html,
        "text": render_text,
    }
)


def parse(choice: str) -> tuple[str, Path]:
    """Return kind and path of `--report KIND=PATH`.

    Raises:
        UsageError: unknown kind, or no path.
    """
    kind, _, path = choice.partition("=")
    if kind not in RENDERERS or not path:
        kinds = ", ".join(RENDERERS)
        raise UsageError(f"--report: {choice!r} must be KIND=PATH with a KIND of {kinds}")
    return kind, Path(path)


PATCH: Final = "suggestion.patch"


def write_suggestion(suggestion: Suggestion, comparison: Comparison, folder: Path) -> list[Path]:
    """Write the changes as a patch, what speaks for them, and the rest as a baseline.

    Nothing is written where nothing differs. Returns what was written.

    Raises:
        UsageError: a file cannot be written.
    """
    if not suggestion.changes and not suggestion.rest:
        return []
    editor = suggestion.editor
    root = editor.folder.resolve().parent
    root = root if is_own(editor.folder) else root.parent
    patch = "".join(
        _diff(str((editor.folder.resolve() / name).relative_to(root)), *texts)
        for name, texts in editor.texts().items()
    )
    rest = replace(comparison, differences=tuple(d for d, _ in suggestion.rest), accepted=())
    files: dict[str, str | bytes] = {PATCH: patch} if patch else {}
    files["suggestion.md"] = _suggestion_text(suggestion, comparison, root)
    files["rest.json"] = render_json(rest)
    for name, content in files.items():
        write_content(content, folder / name)
    return [folder / name for name in files]


def _diff(name: str, old: str, new: str) -> str:
    """Return a unified diff that `git apply` and `patch -p1` take."""
    before, after = (_lines_of(text) for text in (old, new))
    return "".join(unified_diff(before, after, f"a/{name}", f"b/{name}"))


def _lines_of(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()
    return lines if last == "\n" else [*lines, f"{last}\\ No newline at end of file\n"]


def _suggestion_text(suggestion: Suggestion, comparison: Comparison, root: Path) -> str:
    """Return the Markdown that says what each change rests on, and what is left."""
    lines = [
        f"## {comparison.vendor}: {len(suggestion.changes)} changes of the profile `observed`",
        "",
        f"A is {_code(comparison.a.source)}, B is {_code(comparison.b.source)}.",
        f"Apply them in `{root}` with `patch -p1 < {PATCH}`.",
        "",
        "| now | evidence | requirements | files |",
        "| --- | --- | --- | --- |",
    ]
    for change in suggestion.changes:
        ids, names = ", ".join(change.requirements), ", ".join(change.files)
        lines.append(_row_of(change.text, change.evidence, ids, names))
    lines += ["", f"## The rest: {len(suggestion.rest)} differences that stay", ""]
    if suggestion.rest:
        lines += ["| what | where | A | B | why |", "| --- | --- | --- | --- | --- |"]
    for d, reason in suggestion.rest:
        subject = " ".join(filter(None, (d.operation, d.subject, *d.where[:1])))
        lines.append(_row_of(d.kind, subject, d.a, d.b, reason))
    return visible("\n".join(lines) + "\n")
