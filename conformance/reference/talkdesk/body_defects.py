"""The members of Talkdesk's response bodies that planted defects replace."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from conformance.reference.content import double_encoded
from conformance.reference.context import Body, BodyChanges
from conformance.reference.errors import ApiError, on
from conformance.reference.talkdesk.store import (
    CREATED,
    DELETED,
    DONE,
    FAILED,
    PROCESSING,
    STATES,
    Job,
)

ABSENT: Final = object()  # a member with this value is removed


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job as a response shows it, the id of another job, and the correct body."""

    job: Job
    state: str
    other_id: str
    body: Body = field(default_factory=dict)


def _if_state(state: str, members: Callable[[JobSnapshot], Body]) -> Callable[[JobSnapshot], Body]:
    return lambda snapshot: members(snapshot) if snapshot.state == state else {}


def _renamed(change: Callable[[str], str]) -> Callable[[JobSnapshot], Body]:
    def members(snapshot: JobSnapshot) -> Body:
        name = snapshot.job.requested.name
        return {} if name is None else {"name": change(name)}

    return members


JOB: BodyChanges[JobSnapshot] = MappingProxyType(
    {
        "td-id-number": lambda snapshot: {"id": len(snapshot.job.id)},
        "td-id-other": lambda snapshot: {"id": snapshot.other_id},
        "td-name-null": lambda _: {"name": None},
        "td-timezone-offset": lambda _: {"timezone": "UTC+00:00"},
        "td-timezone-posix": lambda _: {"timezone": "PDT8"},
        "td-timezone-unknown": lambda _: {"timezone": "Europe/Atlantis"},
        "td-name-cut": _renamed(lambda name: name[:64]),
        "td-name-double-encoded": _renamed(double_encoded),
        "td-name-changes": _if_state(
            DONE, lambda snapshot: {"name": f"{snapshot.job.requested.name} (done)"}
        ),
        "td-timezone-number-done": _if_state(DONE, lambda _: {"timezone": 0}),
        "td-status-unknown": _if_state(PROCESSING, lambda _: {"status": "RUNNING"}),
        "td-status-mixed-case": _if_state(DONE, lambda _: {"status": "Done"}),
        "td-status-number": lambda snapshot: {"status": STATES.index(snapshot.state)},
        "td-status-failed-error": _if_state(FAILED, lambda _: {"status": "ERROR"}),
        "td-status-deleted-gone": _if_state(DELETED, lambda _: {"status": "REMOVED"}),
        "td-format-bulk-unknown": lambda snapshot: (
            {"format": "jsonbulk"} if snapshot.job.requested.format == "json_bulk" else {}
        ),
        "td-format-upper": lambda snapshot: {"format": snapshot.job.requested.format.upper()},
        "td-timespan-list": lambda snapshot: {
            "timespan": list(snapshot.job.requested.timespan.values())
        },
        "td-timespan-string-early": _if_state(
            CREATED,
            lambda snapshot: {"timespan": "/".join(snapshot.job.requested.timespan.values())},
        ),
        "td-name-not-echoed": lambda snapshot: {"name": f"Report {snapshot.job.number}"},
        "td-timezone-not-echoed": lambda _: {"timezone": "America/Lima"},
        "td-timespan-shifted": lambda snapshot: {
            "timespan": {**snapshot.job.requested.timespan, "from": "2001-01-01T00:00:00Z"}
        },
    }
)

ENVELOPE: BodyChanges[JobSnapshot] = MappingProxyType(
    {
        "td-json-nan": lambda snapshot: (
            {"job": {**snapshot.body["job"], "progress": float("nan")}}
            if snapshot.state == DONE
            else {}
        ),
        "td-job-list": lambda snapshot: {"job": [snapshot.body["job"]]},
        "td-links-string": lambda snapshot: {"_links": snapshot.body["_links"]["self"]["href"]},
        "td-link-self-string": lambda snapshot: {
            "_links": {**snapshot.body["_links"], "self": snapshot.body["_links"]["self"]["href"]}
        },
        "td-link-files-list": lambda snapshot: (
            {"_links": {**snapshot.body["_links"], "files": [snapshot.body["_links"]["files"]]}}
            if snapshot.state == DONE
            else {}
        ),
        "td-link-self-other": lambda snapshot: {
            "_links": {
                **snapshot.body["_links"],
                "self": {"href": f"/data/reports/{snapshot.job.kind}/jobs/{snapshot.other_id}"},
            }
        },
    }
)

REDIRECT: BodyChanges[Body] = MappingProxyType(
    {"td-redirect-job-list": lambda body: {"job": [body.get("job")]}}
)

ERROR: BodyChanges[ApiError] = MappingProxyType(
    {
        "td-error-no-code": on(404, {"code": ABSENT}),
        "td-error-code-number": lambda error: {"code": error.status},
        "td-error-no-message": on(401, {"message": ABSENT}),
        "td-error-message-list": on(400, {"message": ["the request is wrong"]}),
        "td-error-description-object": lambda _: {"description": {"text": "refused"}},
        "td-error-fields-no-name": lambda _: {"fields": [{"description": "is wrong"}]},
        "td-error-fields-map": lambda _: {"fields": {"type": "is wrong"}},
        "td-error-field-null": lambda _: {"fields": [{"name": "type", "description": None}]},
    }
)


def without(body: Body) -> Body:
    """Return the body without its ABSENT members."""
    return {name: value for name, value in body.items() if value is not ABSENT}
