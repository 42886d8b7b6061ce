"""What Talkdesk's planted defects put into a body, as the members that they replace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from conformance.reference.refusal import Refusal, on
from conformance.reference.stage import Body
from conformance.reference.talkdesk.book import (
    CREATED,
    DELETED,
    DONE,
    FAILED,
    PROCESSING,
    STATES,
    Job,
)

ABSENT: Final = object()  # a member with this value is taken out


@dataclass(frozen=True, slots=True)
class At:
    """A job as it is being shown, and the id of another one."""

    job: Job
    state: str
    another: str


@dataclass(frozen=True, slots=True)
class Enveloped:
    """The same, with the correct body around it."""

    at: At
    body: Body


def _when(state: str, members: Callable[[At], Body]) -> Callable[[At], Body]:
    return lambda at: members(at) if at.state == state else {}


JOB: Mapping[str, Callable[[At], Body]] = MappingProxyType(
    {
        "td-id-number": lambda at: {"id": len(at.job.id)},
        "td-id-other": lambda at: {"id": at.another},
        "td-name-null": lambda _: {"name": None},
        "td-timezone-offset": lambda _: {"timezone": "UTC+00:00"},
        "td-timezone-unknown": lambda _: {"timezone": "Europe/Atlantis"},
        "td-name-changes": _when(DONE, lambda at: {"name": f"{at.job.order.name} (done)"}),
        "td-timezone-number-done": _when(DONE, lambda _: {"timezone": 0}),
        "td-status-unknown": _when(PROCESSING, lambda _: {"status": "RUNNING"}),
        "td-status-mixed-case": _when(DONE, lambda _: {"status": "Done"}),
        "td-status-number": lambda at: {"status": STATES.index(at.state)},
        "td-status-failed-error": _when(FAILED, lambda _: {"status": "ERROR"}),
        "td-status-deleted-gone": _when(DELETED, lambda _: {"status": "REMOVED"}),
        "td-format-bulk-unknown": lambda at: (
            {"format": "jsonbulk"} if at.job.order.format == "json_bulk" else {}
        ),
        "td-format-upper": lambda at: {"format": at.job.order.format.upper()},
        "td-timespan-list": lambda at: {"timespan": list(at.job.order.timespan.values())},
        "td-timespan-string-early": _when(
            CREATED, lambda at: {"timespan": "/".join(at.job.order.timespan.values())}
        ),
        "td-name-not-echoed": lambda at: {"name": f"Report {at.job.number}"},
        "td-timezone-not-echoed": lambda _: {"timezone": "America/Lima"},
        "td-timespan-shifted": lambda at: {
            "timespan": {**at.job.order.timespan, "from": "2001-01-01T00:00:00Z"}
        },
    }
)

ENVELOPE: Mapping[str, Callable[[Enveloped], Body]] = MappingProxyType(
    {
        "td-job-list": lambda sent: {"job": [sent.body["job"]]},
        "td-links-string": lambda sent: {"_links": sent.body["_links"]["self"]["href"]},
        "td-link-self-string": lambda sent: {
            "_links": {**sent.body["_links"], "self": sent.body["_links"]["self"]["href"]}
        },
        "td-link-files-list": lambda sent: (
            {"_links": {**sent.body["_links"], "files": [sent.body["_links"]["files"]]}}
            if sent.at.state == DONE
            else {}
        ),
        "td-link-self-other": lambda sent: {
            "_links": {
                **sent.body["_links"],
                "self": {"href": f"/data/reports/{sent.at.job.kind}/jobs/{sent.at.another}"},
            }
        },
    }
)

REDIRECT: Mapping[str, Callable[[Body], Body]] = MappingProxyType(
    {"td-redirect-job-list": lambda body: {"job": [body.get("job")]}}
)

ERROR: Mapping[str, Callable[[Refusal], Body]] = MappingProxyType(
    {
        "td-error-no-code": on(404, {"code": ABSENT}),
        "td-error-code-number": lambda refusal: {"code": refusal.status},
        "td-error-no-message": on(401, {"message": ABSENT}),
        "td-error-message-list": on(400, {"message": ["the request is wrong"]}),
        "td-error-description-object": lambda _: {"description": {"text": "refused"}},
        "td-error-fields-no-name": lambda _: {"fields": [{"description": "is wrong"}]},
        "td-error-fields-map": lambda _: {"fields": {"type": "is wrong"}},
        "td-error-field-null": lambda _: {"fields": [{"name": "type", "description": None}]},
    }
)


def without(body: Body) -> Body:
    """The body without its ABSENT members."""
    return {name: value for name, value in body.items() if value is not ABSENT}
