"""Write the generated sections of `specs/README.md`: the reference of the keys, and the diagrams.

A section stands between `<!-- NAME: written by … -->` and `<!-- end -->`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from specs.files import DOCUMENTED, PROFILES, ROOT, read_yaml, vendors
from specs.lifecycle import read_lifecycle
from specs.mermaid import diagram

README = ROOT / "README.md"
SECTION = re.compile(r"(<!-- ([\w-]+): written by .*? -->\n).*?(<!-- end -->)", re.DOTALL)


def _section(name: str) -> str:
    return _diagrams() if name == "diagrams" else key_table(name)


def update(text: str, section: Callable[[str], str] = _section) -> str:
    """Return `text` with its generated sections as the files are now; `section` writes one."""
    return SECTION.sub(lambda found: f"{found[1]}\n{section(found[2])}\n{found[3]}", text)


def _diagrams() -> str:
    parts = []
    for vendor in vendors():
        lifecycle = read_lifecycle(read_yaml(ROOT / vendor / "lifecycle.yaml"), DOCUMENTED)
        parts.append(f"### {lifecycle.title}\n\n```mermaid\n{diagram(lifecycle)}\n```\n")
    return "\n".join(parts)


def key_table(stem: str) -> str:
    """Return the table of every key that `meta/<stem>.schema.json` describes."""
    schema = json.loads((ROOT / "meta" / f"{stem}.schema.json").read_text(encoding="utf-8"))
    lines = ["| key | value | meaning |", "|---|---|---|"]
    for key, required, node in _keys(schema, schema.get("$defs", {}), ""):
        name = f"**`{key}`**" if required else f"`{key}`"
        lines.append(f"| {name} | {_value(node)} | {node['description']} |")
    return "\n".join(lines) + "\n"


def _keys(
    node: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    """Yield path, whether it is required, and schema of each key of an object.

    The keys of profiles are left out, and keys that share a definition have its keys once.
    """
    follow = partial(_follow, definitions)
    shared: dict[str, Mapping[str, Any]] = {}
    for name, raw in node.get("properties", {}).items():
        if name in PROFILES:
            continue
        child = follow(raw)
        yield prefix + name, name in node.get("required", ()), child
        reference = raw.get("$ref", "")
        if "properties" in follow({"$ref": reference}):
            shared[f"{prefix}<{reference.rsplit('/', 1)[-1]}>."] = child
        else:
            yield from _below(child, definitions, prefix + name)
    for path, child in shared.items():
        yield from _keys(child, definitions, path)


def _below(
    node: Mapping[str, Any], definitions: Mapping[str, Any], path: str
) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    yield from _keys(node, definitions, f"{path}.")
    for key, mark in (("items", "[]"), ("additionalProperties", ".<name>")):
        if isinstance(node.get(key), dict):
            child = _follow(definitions, node[key])
            yield from _keys(child, definitions, f"{path}{mark}.")


def _follow(definitions: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref", "").rsplit("/", 1)[-1]
    return {**definitions.get(reference, {}), **node}


def _value(node: Mapping[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kinds = node.get("type", "object")
    names = {"object": "mapping", "array": "list"}
    return " or ".join(names.get(k, k) for k in ([kinds] if isinstance(kinds, str) else kinds))
