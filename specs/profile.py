"""Apply a profile to a document: `x-profiles` holds an RFC 7386 merge patch by profile."""

from collections.abc import Iterator
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


def changed_paths(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each member of an object that differs; a list differs as a whole."""
    for key in dict.fromkeys((*old, *new)):
        place = (*path, key)
        if key in old and key in new and isinstance(old[key], dict) and isinstance(new[key], dict):
            yield from changed_paths(old[key], new[key], place)
        elif key not in old or key not in new or old[key] != new[key]:
            yield place


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the RFC 7386 merge patch that leads from one object to another."""
    patch: dict[str, Any] = {}
    for *parents, last in changed_paths(old, new):
        at, value = patch, new
        for key in parents:
            at, value = at.setdefault(key, {}), value[key]
        at[last] = value.get(last)
    return patch


def extended(document: dict[str, Any], patch: dict[str, Any], profile: str) -> dict[str, Any]:
    """Return the patch that `document` needs at its top so that `patch` changes `profile` too.

    Patches deeper in the document apply after it: what they set is set in them.
    """
    rest = {key: value for key, value in document.items() if key != KEY}
    return _composed(_patch(document.get(KEY, {}), profile), _placed(rest, patch, profile))


def _placed(document: Any, patch: dict[str, Any], profile: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        return patch
    placed = {
        key: _placed(document.get(key), value, profile) if isinstance(value, dict) else value
        for key, value in patch.items()
    }
    overridden = _overlap(patch, _patch(document.get(KEY, {}), profile))
    return {**placed, KEY: {profile: overridden}} if overridden else placed


def _overlap(patch: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return what of a patch concerns members that the other one sets."""
    return {
        key: _overlap(value, other[key])
        if isinstance(value, dict) and isinstance(other[key], dict)
        else value
        for key, value in patch.items()
        if key in other
    }


def _composed(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the patch that does what two patches do, one after the other."""
    return first | {
        key: _composed(first[key], value)
        if isinstance(value, dict) and isinstance(first.get(key), dict)
        else value
        for key, value in second.items()
    }
