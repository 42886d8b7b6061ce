"""Every fault of the contract files, each with file, place and reason."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from specs import profile as profiles
from specs.errors import Fault, SpecError
from specs.files import PROFILES, ROOT, read_openapi, read_yaml, vendors
from specs.lint.lifecycle import check_lifecycle
from specs.lint.meta import check_meta
from specs.lint.names import check_names
from specs.lint.openapi import check_openapi
from specs.lint.requirements import check_requirements
from specs.lint_cache import NO_CACHE, LintCache, digest_of

CONTROL = "control"


def check_all(root: Path = ROOT, cache: LintCache = NO_CACHE) -> list[Fault]:
    """Return the faults of every vendor, of the control plane, and of all of them together."""
    faults = [fault for vendor in vendors(root) for fault in check_vendor(vendor, root, cache)]
    faults += _collect(_control(root, cache))
    return faults or _collect(check_names(root))


def check_vendor(vendor: str, root: Path = ROOT, cache: LintCache = NO_CACHE) -> list[Fault]:
    """Return the faults of one vendor's three files, in both profiles, each once.

    An openapi.yaml that `cache` knows is not linted again: that takes most of the time.
    """
    return _collect(_vendor(vendor, root, cache))


def _collect(faults: Iterator[Fault]) -> list[Fault]:
    found: dict[Fault, None] = {}
    try:
        found.update(dict.fromkeys(faults))
    except SpecError as error:
        found.update(dict.fromkeys(error.faults))
    return list(found)


def _vendor(vendor: str, root: Path, cache: LintCache) -> Iterator[Fault]:
    folder = root / vendor
    if not folder.is_dir():
        known = ", ".join(vendors(root))
        raise SpecError([Fault(str(folder), "folder", f"no such vendor; known are {known}")])
    lifecycle = read_yaml(folder / "lifecycle.yaml")
    requirements = read_yaml(folder / "requirements.yaml")
    openapi = read_yaml(folder / "openapi.yaml")
    documents = {profile: profiles.apply(openapi, profile) for profile in PROFILES}
    shapes = [
        *check_meta(lifecycle, folder / "lifecycle.yaml"),
        *check_meta(requirements, folder / "requirements.yaml"),
        *_documents(documents.values(), folder / "openapi.yaml", cache),
    ]
    if shapes:  # what follows relies on the shape of all three
        raise SpecError(shapes)
    statements = {row["id"] for row in requirements["statements"]}
    yield from check_lifecycle(lifecycle, documents, statements, folder / "lifecycle.yaml")
    yield from check_requirements(requirements, documents, folder / "requirements.yaml")


def _documents(
    documents: Iterable[dict[str, Any]], path: Path, cache: LintCache
) -> Iterator[Fault]:
    digest = digest_of([path])
    if cache.has(digest):
        return
    faults = [fault for document in documents for fault in check_openapi(document, path)]
    yield from faults
    if not faults:
        cache.add(digest)


def _control(root: Path, cache: LintCache) -> Iterator[Fault]:
    document = read_openapi(CONTROL, PROFILES[0], root)
    yield from _documents([document], root / CONTROL / "openapi.yaml", cache)
