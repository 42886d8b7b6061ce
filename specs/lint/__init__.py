"""Lint the contract files: every issue with file, place and reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specs.contract import lifecycle_in_profile, raw_requirements
from specs.errors import SpecError, SpecIssue
from specs.files import (
    CONTROL,
    PROFILES,
    ROOT,
    control_root,
    in_profile,
    leaves_out,
    read_yaml,
    vendors,
)
from specs.lint.lifecycle import check_lifecycle
from specs.lint.openapi import check_openapi
from specs.lint.requirements import check_requirements
from specs.lint.shape import check_extensions, check_patches, check_shape
from specs.lint.uniqueness import check_uniqueness
from specs.lint_cache import NO_CACHE, LintCache, digest_of


def check_all(root: Path = ROOT, cache: LintCache = NO_CACHE) -> list[SpecIssue]:
    """Return the issues of every vendor, of the control plane, and of all of them together.

    A vendor whose openapi.yaml has no `x-vendor` is a user's own, and may leave more out.
    """
    issues: list[SpecIssue] = []
    for vendor in vendors(root):
        own = leaves_out(root / vendor)
        issues += check_folder(root / vendor) if own else check_vendor(vendor, root, cache)
    issues += _collect(_control(root, cache))
    return issues or _collect(check_uniqueness(root))


def check_vendor(vendor: str, root: Path = ROOT, cache: LintCache = NO_CACHE) -> list[SpecIssue]:
    """Return the issues of one vendor's three files, in both profiles, each once.

    An openapi.yaml that `cache` knows is not linted again: that takes most of the time.
    """
    return _collect(_vendor(vendor, root, cache))


def _collect(issues: Iterator[SpecIssue]) -> list[SpecIssue]:
    found: dict[SpecIssue, None] = {}
    try:
        found.update(dict.fromkeys(issues))
    except SpecError as error:
        found.update(dict.fromkeys(error.issues))
    return list(found)


def check_folder(folder: Path) -> list[SpecIssue]:
    """Return the issues of the files of a user's vendor, which may leave things out."""
    return _collect(_files(folder, own=True, cache=NO_CACHE))


def _vendor(vendor: str, root: Path, cache: LintCache) -> Iterator[SpecIssue]:
    folder = root / vendor
    if vendor not in vendors(root):
        known = ", ".join(vendors(root))
        raise SpecError([SpecIssue(str(folder), "folder", f"unknown vendor; known are {known}")])
    yield from _files(folder, own=False, cache=cache)


def _files(folder: Path, *, own: bool, cache: LintCache) -> Iterator[SpecIssue]:
    slug = folder.resolve().name
    paths = [folder / name for name in ("lifecycle.yaml", "requirements.yaml", "openapi.yaml")]
    raw, openapi = read_yaml(paths[0]), read_yaml(paths[2])
    requirements = raw_requirements(folder, slug, own=own)
    name = slug if own else None
    lifecycles = {
        profile: lifecycle_in_profile(raw, profile, name, in_profile(openapi, profile, name))
        for profile in PROFILES
    }
    shapes = [
        *check_patches(raw, paths[0]),
        *(issue for row in lifecycles.values() for issue in check_shape(row, paths[0], slug)),
        *check_shape(requirements, paths[1], slug, own=own),
        *_openapi(openapi, paths[2], cache, name),
    ]
    if shapes:  # what follows relies on the shape of all three
        raise SpecError(shapes)
    documents = {profile: in_profile(openapi, profile, name) for profile in PROFILES}
    statements = {row["id"] for row in requirements["statements"]}
    yield from check_lifecycle(lifecycles, documents, statements, paths[0], own=own)
    yield from check_requirements(requirements, documents, paths[1])


def _control(root: Path, cache: LintCache) -> Iterator[SpecIssue]:
    path = control_root(root) / CONTROL / "openapi.yaml"
    yield from _openapi(read_yaml(path), path, cache)


def _openapi(
    openapi: Any, path: Path, cache: LintCache, own: str | None = None
) -> Iterator[SpecIssue]:
    digest = digest_of([path], own=own is not None)
    if cache.has(digest):
        return
    issues = [] if own else list(check_extensions(openapi, path))
    before: Any = object()
    for profile in PROFILES:
        document = in_profile(openapi, profile, own)
        # Else the issues of the next profile would be much the same.
        if not issues and document != before:
            before = document
            issues += check_extensions(document, path, own=own)
            issues += [] if issues and own else check_openapi(document, path, own=own is not None)
    if not issues:
        cache.add(digest)
    yield from issues
