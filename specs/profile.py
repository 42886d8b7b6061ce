"""Apply a profile to a document: `x-profiles` holds an RFC 7386 merge patch by profile."""

from typing import Any

KEY = "x-profiles"

_NESTED = (dict, list)


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
    """Return a copy of `document` with the patches of `profile` applied, without `x-profiles`."""
    if isinstance(document, dict):
        if KEY in document:
            rest = {key: value for key, value in document.items() if key != KEY}
            document = merge(rest, _patch(document[KEY], profile))
        return {
            key: apply(value, profile) if isinstance(value, _NESTED) else value
            for key, value in document.items()
        }
    return [apply(item, profile) for item in document] if isinstance(document, list) else document


def _patch(patches: Any, profile: str) -> Any:
    """Return the patch of a profile, none where somebody else's key has this name."""
    return patches.get(profile, {}) if isinstance(patches, dict) else {}
