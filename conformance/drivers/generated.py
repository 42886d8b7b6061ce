"""Generated requests, made once for some operations and a seed, and kept in the user's cache."""

import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import orjson

from conformance.http.request import HttpRequest, build_path
from specs import Contract, Operation
from specs.lint_cache import cache_folder

FUZZING: Final = "fuzzing"
PHASES: Final = ("examples", "coverage", FUZZING)
MAX_FILES: Final = 100
_SUFFIX: Final = ".requests"
# What a generated request depends on, apart from contract, seed and number of examples.
_GENERATORS: Final = ("schemathesis", "hypothesis", "jsonschema-rs", "requests")


@dataclass(frozen=True, slots=True)
class GeneratedRequest:
    """A request as the engine generates it, before its ids are replaced by those of a target.

    Attributes:
        operation: the operationId.
        phase: `examples`, `coverage` (both systematic) or `fuzzing` (drawn at random).
        valid: whether the contract allows it; None where the engine does not say.
        coverage: what a request of the phase `coverage` is there for; else None.
        request: what is sent; the query as it is.
        path_parameters: the values of its path by name, not encoded.
    """

    operation: str
    phase: str
    valid: bool | None
    coverage: tuple[str, str, str | None] | None
    request: HttpRequest
    path_parameters: dict[str, str]

    def with_values(self, operation: Operation, values: Mapping[str, Any]) -> "GeneratedRequest":
        """Return the request with other values of parameters of its path or query."""
        names = {parameter["name"]: parameter["in"] for parameter in operation.parameters}
        in_path = {name: str(v) for name, v in values.items() if names[name] == "path"}
        in_query = {name: str(v) for name, v in values.items() if names[name] == "query"}
        request, parameters = self.request, {**self.path_parameters, **in_path}
        if in_path:
            request = replace(request, path=build_path(operation, parameters))
        if in_query:
            others = [(name, value) for name, value in request.query if name not in in_query]
            query = (*others, *in_query.items())
            request = replace(request, query=query, raw_query=urlencode(query))
        return replace(self, request=request, path_parameters=parameters)


Generate = Callable[[Contract, Collection[str], int, int], Sequence[GeneratedRequest]]
"""Generates requests of some operations from a seed, with this number of examples."""


def generated_requests(
    contract: Contract, operations: Collection[str], seed: int, examples: int, generate: Generate
) -> Sequence[GeneratedRequest]:
    """Return what `generate` returns: from the user's cache folder, if it has done so before."""
    document = orjson.dumps(document_with(contract, operations))
    folder = cache_folder(os.environ)
    file = folder and folder / f"{_digest(document, seed, examples)}{_SUFFIX}"
    requests = _read(file) if file else None
    if requests is None:
        requests = generate(contract, operations, seed, examples)
        if file:
            _write(file, requests)
    return requests


def document_with(contract: Contract, operations: Collection[str]) -> dict[str, Any]:
    """Return the contract's document with these operations alone, and without links."""
    paths = {
        path: {
            key: _without_links(entry)
            for key, entry in item.items()
            if not isinstance(entry, dict) or entry.get("operationId", "") in {"", *operations}
        }
        for path, item in contract.openapi["paths"].items()
    }
    return {**contract.openapi, "paths": paths}


def _without_links(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    responses = {
        status: {key: value for key, value in response.items() if key != "links"}
        for status, response in entry.get("responses", {}).items()
    }
    return {**entry, "responses": responses}


def _digest(document: bytes, seed: int, examples: int) -> str:
    digest = hashlib.sha256(_version().encode())
    digest.update(f"{seed} {examples} {len(document)} ".encode() + document)
    return digest.hexdigest()


@cache
def _version() -> str:
    """Return what tells this generator from another one: its packages and our own source."""
    folder = Path(__file__).parent
    sources = b"".join((folder / name).read_bytes() for name in ("engine.py", "generated.py"))
    packages = (f"{name} {_installed(name)}" for name in _GENERATORS)
    return " ".join([*packages, python_version(), hashlib.sha256(sources).hexdigest()])


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # vendored, or a copy on the path
        return ""


def _read(file: Path) -> Sequence[GeneratedRequest] | None:
    """Return what a file has, None where it is missing, damaged or of something else."""
    try:
        name, _, content = zlib.decompress(file.read_bytes()).partition(b"\n")
        if name != _title(file, content):
            return None
        return msgspec.json.decode(content, type=tuple[GeneratedRequest, ...])
    except (OSError, zlib.error, msgspec.DecodeError, UnicodeError):
        return None


def _write(file: Path, requests: Sequence[GeneratedRequest]) -> None:
    """Write a file as a whole, and remove the oldest; a folder that cannot be written is ignored.

    Text that is no Unicode cannot be kept.
    """
    with suppress(OSError, UnicodeError):
        content = msgspec.json.encode(requests)
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as temporary:
            temporary.write(zlib.compress(_title(file, content) + b"\n" + content))
        Path(temporary.name).replace(file)
        kept = sorted(file.parent.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for oldest in kept[:-MAX_FILES]:
            oldest.unlink(missing_ok=True)


def _title(file: Path, content: bytes) -> bytes:
    return f"{file.name} {hashlib.sha256(content).hexdigest()}".encode()
