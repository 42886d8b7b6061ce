"""Profiles of one document: `x-profiles` holds RFC 7386 merge patches, one a profile."""

from typing import Any

KEY = "x-profiles"


def merge(target: Any, patch: Any) -> Any:
    """Return `target` with the RFC 7386 merge patch `patch` applied; null removes a key."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def apply(document: Any, profile: str) -> Any:
    """Return a copy of `document` as `profile` sees it, without any `x-profiles`."""
    if isinstance(document, list):
        return [apply(item, profile) for item in document]
    if not isinstance(document, dict):
        return document
    if KEY in document:
        rest = {key: value for key, value in document.items() if key != KEY}
        document = merge(rest, document[KEY].get(profile, {}))
    return {key: apply(value, profile) for key, value in document.items()}
