"""The control plane under /_mock: time, reset and outcomes, in the shape that the mock shares."""

import math
from datetime import timedelta
from typing import Any

import isodate
from flask import Blueprint, Response

from conformance.reference.cast import Cast
from conformance.reference.clock import iso
from conformance.reference.inputs import bad, choice, date_time, json_object
from conformance.reference.refusal import Refusal
from conformance.reference.transport import json_response


def control_plane(cast: Cast) -> Blueprint:
    """The blueprint that moves this cast's time and forces its outcomes."""
    plane = Blueprint("control", __name__, url_prefix="/_mock")
    clock = cast.stage.clock

    @plane.get("/health")
    def health() -> Response:
        return json_response({"status": "ok"})

    @plane.post("/reset")
    def reset() -> Response:
        cast.reset()
        return Response(status=204)

    @plane.get("/clock")
    def read_clock() -> Response:
        return json_response(
            {"now": iso(clock.now()), "mode": clock.mode, "speed": clock.speed or 1.0}
        )

    @plane.post("/clock")
    def move_clock() -> Response:
        _move(cast, json_object())
        return read_clock()

    @plane.get("/jobs")
    def jobs() -> Response:
        every = [
            {"vendor": name, **job}
            for name, vendor in cast.vendors.items()
            for job in vendor.jobs()
        ]
        return json_response({"jobs": every})

    @plane.post("/jobs/<vendor>/<job_id>/outcome")
    def force(vendor: str, job_id: str) -> Response:
        return json_response(_force(cast, vendor, job_id, json_object()))

    return plane


def _force(cast: Cast, vendor: str, job_id: str, body: dict[str, Any]) -> dict[str, str]:
    outcome = body.get("outcome")
    if not isinstance(outcome, str):
        raise bad("outcome", "must be the name of a state")
    try:
        cast.vendors[vendor].force(job_id, outcome)
    except KeyError as error:
        raise Refusal(404, "there is no such job") from error
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return {"vendor": vendor, "id": job_id, "outcome": outcome}


def _move(cast: Cast, body: dict[str, Any]) -> None:
    """Mode and speed go first, then set, then advance."""
    clock = cast.stage.clock
    if not body or not body.keys() <= {"advance", "set", "mode", "speed"}:
        raise bad("body", "needs some of advance, set, mode and speed, and nothing else")
    if "mode" in body or "speed" in body:
        clock.run(_speed(body))
    try:
        if "set" in body:
            clock.set(date_time(body["set"], "set"))
        if "advance" in body:
            clock.advance(_duration(body["advance"]))
    except (OverflowError, ValueError) as error:
        raise bad(
            "set" if "set" in body else "advance", "leads out of the clock's range"
        ) from error


def _duration(value: object) -> timedelta:
    try:
        length = isodate.parse_duration(value)
    except (isodate.ISO8601Error, TypeError, ValueError, OverflowError) as error:
        raise bad("advance", "must be an ISO 8601 duration such as PT5M") from error
    if not isinstance(length, timedelta) or length < timedelta():
        raise bad("advance", "must be weeks, days, hours, minutes and seconds, not negative")
    return length


def _speed(body: dict[str, Any]) -> float:
    if choice(body.get("mode", "real"), "mode", ("manual", "real")) == "manual":
        return 0.0
    speed = body.get("speed", 1)
    number = isinstance(speed, int | float) and not isinstance(speed, bool)
    if not number or not 0 < speed <= 1e6 or math.isnan(speed):
        raise bad("speed", "must be a number above 0 and up to 1000000")
    return float(speed)
