"""The generated sections of the references of the mock and of the suite.

`python -m tests.repo._references` writes them into `mockserver/docs/reference.md` and
`conformance/docs/reference.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

import specs
from conformance.cli import main as conformance
from mockserver.config import OPTIONS, Option
from mockserver.faults import model as faults
from mockserver.http.cors import ALWAYS_EXPOSED
from specs import readme
from specs.contract import read_operations
from specs.files import DOCUMENTED, OBSERVED
from tests.repo._checkout import ROOT

FILES = (ROOT / "mockserver/docs/reference.md", ROOT / "conformance/docs/reference.md")

_ALL = "all"


def section(name: str) -> str:
    """Return a section by its name."""
    sections = {
        "settings": _settings,
        "vendor-options": _vendor_options,
        "response-headers": _response_headers,
        "control-plane": _control_plane,
        "fault-kinds": _fault_kinds,
        "fault-options": lambda: _members("Fault", leave={"kind"}),
        "fault-rules": lambda: _members("FaultRule", leave={"match", "fault"}),
        "fault-match": lambda: _members("FaultMatch"),
        "scenarios": lambda: readme.key_table("scenario").rstrip("\n"),
        "run-options": lambda: _command("run"),
        "commands": _commands,
    }
    return f"{sections[name]()}\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(row)} |".replace("  ", " ") for row in lines)


def _code(value: object) -> str:
    return f"`{value}`" if value not in (None, "", ()) else ""


def _settings() -> str:
    rows = (
        (_code(it.flag), _code(it.variable), _default(it), _values(it), it.help) for it in OPTIONS
    )
    return _table(("option", "variable", "default", "value", "meaning"), rows)


def _default(option: Option) -> str:
    if isinstance(option.default, bool):
        return "off"
    value = option.default
    return _code(" ".join(value) if isinstance(value, tuple) else value)


def _values(option: Option) -> str:
    if option.choices:
        return ", ".join(map(_code, option.choices))
    if option.minimum is None or option.maximum is None:
        return option.metavar
    return " to ".join(
        str(int(it) if it == int(it) else it) for it in (option.minimum, option.maximum)
    )


def _vendor_options() -> str:
    rows = [
        (_code(f"{vendor}.{name}"), _code(row["default"]), values(row), row["description"])
        for vendor in specs.vendors()
        for name, row in specs.load(vendor).openapi.get("x-options", {}).items()
    ]
    return _table(("name", "default", "value", "meaning"), rows)


def values(row: Mapping[str, Any]) -> str:
    """Return the values that an option of a vendor may have."""
    return ", ".join(map(_code, row.get("values", ()))) or "any text"


def _response_headers() -> str:
    senders: dict[str, set[str]] = {name: {_ALL} for name in ALWAYS_EXPOSED}
    for vendor in specs.vendors():
        for profile in (DOCUMENTED, OBSERVED):
            for operation in specs.load(vendor, profile).operations.values():
                for response in operation.responses.values():
                    for name in response["headers"]:
                        senders.setdefault(name, set()).add(vendor)
    rows = (
        (_code(name), "any" if _ALL in who else ", ".join(sorted(who)))
        for name, who in sorted(senders.items())
    )
    return _table(("header", "in responses of"), rows)


def _control_plane() -> str:
    rows = []
    for operation in read_operations(specs.load_control()):
        query = [row["name"] for row in operation.parameters if row["in"] == "query"]
        summary = operation.raw["summary"]
        more = f" Query: {', '.join(map(_code, query))}." if query else ""
        rows.append((f"`{operation.method} {operation.path}`", f"{summary}{more}"))
    return _table(("request", "what it does"), rows)


def _schema(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = specs.load_control()["components"]["schemas"][name]
    return found


def _fault_kinds() -> str:
    meanings = dict(_sentences(_schema("FaultKind")["description"]))
    rows = (
        (_code(kind.value), meanings[kind.value], _options(kind), faults.LAYERS[kind].value)
        for kind in faults.Kind
    )
    return _table(("kind", "the response", "options with defaults", "layer"), rows)


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds of `a: what. b, c: what.` with what is said of each."""
    for sentence in text.strip().removesuffix(".").split(". "):
        names, _, meaning = sentence.partition(": ")
        for name in names.split(", "):
            yield name, meaning


def _options(kind: faults.Kind) -> str:
    return ", ".join(
        _code(name if value is None else f"{name}={str(value).lower()}")
        for name, value in faults.OPTIONS[kind].items()
    )


def _members(schema: str, leave: Iterable[str] = ()) -> str:
    rows = (
        (_code(name), _range(row), _described(name, row))
        for name, row in _schema(schema)["properties"].items()
        if name not in set(leave)
    )
    return _table(("member", "value", "meaning"), rows)


def _range(row: Mapping[str, Any]) -> str:
    row = specs.pointer.resolve(specs.load_control(), row)
    if "enum" in row:
        return ", ".join(map(_code, row["enum"]))
    kind = row.get("type", "any")
    return f"{kind}, {row['minimum']} to {row['maximum']}" if "maximum" in row else kind


def _described(name: str, row: Mapping[str, Any]) -> str:
    return (
        row.get("description")
        or {
            "id": "Name of the rule, by default generated.",
            "vendor": "Only requests to this vendor.",
            "method": "Only requests with this method.",
        }[name]
    )


def _commands() -> str:
    rows = ((_code(f"conformance {name}"), _help(it)) for name, it in conformance.commands.items())
    return _table(("command", "what it does"), sorted(rows))


def _help(command: click.Command) -> str:
    return " ".join((command.help or "").split("\n\n", maxsplit=1)[0].split())


def _command(name: str) -> str:
    options = [it for it in conformance.commands[name].params if isinstance(it, click.Option)]
    rows = (
        (_code(it.opts[0]), _code(_plain(it.default)), _choices(it), it.help or "")
        for it in options
        if it.name != "help"
    )
    return _table(("option", "default", "value", "meaning"), rows)


def _plain(default: object) -> str:
    return (
        ""
        if isinstance(default, bool) or not isinstance(default, (str, int, float))
        else f"{default}"
    )


def _choices(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return ", ".join(map(_code, option.type.choices))
    return "" if option.is_flag else (option.metavar or option.type.name).replace("|", " or ")


def main() -> None:
    """Write the sections."""
    for file in FILES:
        text = readme.update(file.read_text(encoding="utf-8"), section)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
