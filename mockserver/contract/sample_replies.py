"""Replies as a contract allows them, without anybody having asked for something."""

from collections.abc import Mapping
from random import Random
from typing import Any

from mockserver.contract.body import JSON
from mockserver.contract.samples import Samples
from mockserver.exchange import FileBody, Reply
from specs import Operation, pointer


class SampleReplies:
    """Makes replies of one OpenAPI document, from its examples or drawn by chance."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self._openapi = openapi
        self._told = Samples(openapi, examples=True)
        self._drawn = Samples(openapi, examples=False)

    def make(
        self,
        operation: Operation,
        status: int,
        chance: Random,
        *,
        example: str | None = None,
        drawn: bool = False,
    ) -> Reply:
        """Return a reply of a listed status.

        Its body is the named `example`, else the first example that there is, else what the
        schema's own examples make up; with `drawn`, chance decides on all of it.

        Raises:
            LookupError: the status has no example of that name.
        """
        response = operation.responses[status]
        content = response.get("content", {})
        headers = self._headers(response["headers"], chance)
        if example is not None:
            media, value = _named(content, example)
            return _reply(status, headers, media, value)
        if not content:
            return Reply(status, headers=headers)
        media, row = next(iter(content.items()))
        shown = list(_examples(row).values())
        if shown and not drawn:
            return _reply(status, headers, media, shown[0])
        samples = self._drawn if drawn else self._told
        return _reply(status, headers, media, samples.draw(row.get("schema", {}), chance))

    def has_example(self, operation: Operation, status: int) -> bool:
        """Tell whether a listed status shows an example of its body."""
        content = operation.responses[status].get("content", {})
        return any(_examples(row) for row in content.values())

    def examples(self, operation: Operation, status: int) -> list[str]:
        """Return the names of a listed status's examples."""
        content = operation.responses[status].get("content", {})
        return sorted(name for row in content.values() for name in row.get("examples", {}))

    def _headers(self, declared: Mapping[str, Any], chance: Random) -> dict[str, str]:
        return {name: self._header(row, chance) for name, row in declared.items()}

    def _header(self, row: Mapping[str, Any], chance: Random) -> str:
        value = row.get("example")
        if value is None:
            schema = pointer.resolve(self._openapi, row.get("schema", {}))
            value = self._told.draw(schema, chance)
        return str(value).lower() if isinstance(value, bool) else str(value)


def _examples(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: entry["value"] for name, entry in row.get("examples", {}).items()}
    return shown | ({"": row["example"]} if "example" in row else {})


def _named(content: Mapping[str, Any], example: str) -> tuple[str, Any]:
    for media, row in content.items():
        if example in row.get("examples", {}):
            return media, row["examples"][example]["value"]
    raise LookupError(example)


def _reply(status: int, headers: Mapping[str, str], media: str, value: Any) -> Reply:
    if media == JSON:
        return Reply(status, value, headers)
    raw = value.encode() if isinstance(value, str) else bytes(value)
    shown = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Reply(status, headers=headers, file=FileBody(shown, len(raw), lambda: iter((raw,))))
