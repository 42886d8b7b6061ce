"""What the values of a state mean, by the words that APIs use for them."""

import re
from collections.abc import Mapping
from typing import Any

from specs.values import plain_name

GROUPS: Mapping[str, re.Pattern[str]] = {
    "cancelling": re.compile(r"cancell?ing|aborting|stopping|terminating"),
    "cancelled": re.compile(r"cancell?ed|aborted|stopped|terminated|revoked|dismissed"),
    "partial": re.compile(r"partial.*|completedwitherrors|completedwithwarnings"),
    "success": re.compile(
        r"done|completed?|success|successful|succeeded|finished|ready|available|ended|ok|"
        r"processed|generated|exported|closed"
    ),
    "failure": re.compile(
        r"failed|error|errored|failure|fatal|rejected|invalid|timedout|timeout|crashed|faulted|"
        r"incomplete|unsuccessful"
    ),
    "running": re.compile(
        r"running|processing|inprogress|working|active|started|executing|finalizing|generating|"
        r"uploading|building|rendering|exporting|progress|inprocess|starting|partiallycomplete|"
        r"fetching|saving|loading|downloading|converting|compressing"
    ),
    "initial": re.compile(
        r"pending|queued|queue|inqueue|created|waiting|new|accepted|submitted|scheduled|"
        r"validating|notstarted|draft|registered|received|enqueued|requested|initialized|"
        r"initializing|todo|open|idle|validatingfiles|readytostart|notready"
    ),
    "expired": re.compile(r"expired|deleted|purged|archived|removed"),
}
"""The plain names of values by what they mean, in the order in which they are tried."""

_PARTS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")


def group_of(value: Any) -> str | None:
    """Return the group of a state's value, by the whole of it, else by its last word."""
    last = [part for part in _PARTS.split(str(value)) if part][-1:]
    for name in (plain_name(str(value)), *map(plain_name, last)):
        for group, pattern in GROUPS.items():
            if pattern.fullmatch(name):
                return group
    return None


def values_of(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values of a state: the enum, else the words in quotes of the description."""
    if "enum" in schema:
        return [value for value in schema["enum"] if value is not None]
    named = re.findall(r"[`'\"]([A-Za-z][A-Za-z_ -]{2,24})[`'\"]", schema.get("description", ""))
    known = [value for value in dict.fromkeys(named) if group_of(value)]
    return known if len(known) > 1 else []


def grouped(values: Mapping[Any, str | None]) -> tuple[dict[str, list[Any]], list[Any]]:
    """Return values by group, and those of none; a group that is given counts."""
    groups: dict[str, list[Any]] = {}
    unknown: list[Any] = []
    for value, given in values.items():
        group = given or group_of(value)
        if group is None:
            unknown.append(value)
        else:
            groups.setdefault(group, []).append(value)
    return groups, unknown


def says_a_life(values: list[Any]) -> bool:
    """Return True for values of which one is before the end of a job and one its good end."""
    groups, _ = grouped(dict.fromkeys(values))
    return "success" in groups and bool({"initial", "running"} & groups.keys())


def given_values(text: str, schema: Mapping[str, Any]) -> dict[Any, str | None]:
    """Return what `VALUE,VALUE=GROUP` says: the group of each value, None where it has none."""
    values: dict[Any, str | None] = {}
    for part in text.split(","):
        value, _, group = part.strip().partition("=")
        is_number = schema.get("type") == "integer" and value.lstrip("-").isdecimal()
        values[int(value) if is_number else value] = group or None
    return values
