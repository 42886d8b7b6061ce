"""Lint the contract files: every issue with file, place and reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specs import profile as profiles
from specs.errors import SpecError, SpecIssue
from specs.files import CONTROL, PROFILES, ROOT, control_root, read_yaml, vendors
from specs.lint.lifecycle import check_lifecycle
from specs.lint.openapi import check_openapi
from specs.lint.requirements import check_requirements
from specs.lint.shape import check_extensions, check_shape
from specs.lint.uniqueness import check_uniqueness
from specs.lint_cache import NO_CACHE, LintCache, digest_of


def check_all(root: Path = ROOT, cache: LintCache = NO_CACHE) -> list[SpecIssue]:
    """Return the issues of every vendor, of the control plane, and of all of them together."""
    issues = [issue for vendor in vendors(root) for issue in check_vendor(vendor, root, cache)]
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


def _vendor(vendor: str, root: Path, cache: LintCache) -> Iterator[SpecIssue]:
    folder = root / vendor
    if vendor not in vendors(root):
        known = ", ".join(vendors(root))
        raise SpecError([SpecIssue(str(folder), "folder", f"unknown vendor; known are {known}")])
    paths = [folder / name for name in ("lifecycle.yaml", "requirements.yaml", "openapi.yaml")]
    lifecycle, requirements, openapi = (read_yaml(path) for path in paths)
    shapes = [
        *check_shape(lifecycle, paths[0]),
        *check_shape(requirements, paths[1]),
        *_openapi(openapi, paths[2], cache),
    ]
    if shapes:  # what follows relies on the shape of all three
        raise SpecError(shapes)
    documents = {profile: profiles.apply(openapi, profile) for profile in PROFILES}
    statements = {row["id"] for row in requirements["statements"]}
    yield from check_lifecycle(lifecycle, documents, statements, paths[0])
    yield from check_requirements(requirements, documents, paths[1])


def _control(root: Path, cache: LintCache) -> Iterator[SpecIssue]:
    path = control_root(root) / CONTROL / "openapi.yaml"
    yield from _openapi(read_yaml(path), path, cache)


def _openapi(openapi: Any, path: Path, cache: LintCache) -> Iterator[SpecIssue]:
    digest = digest_of([path])
    if cache.has(digest):
        return
    issues = list(check_extensions(openapi, path))
    for profile in PROFILES:
        if not issues:  # else the issues of the next profile would be much the same
            document = profiles.apply(openapi, profile)
            issues += (*check_extensions(document, path), *check_openapi(document, path))
    if not issues:
        cache.add(digest)
    yield from issues
