"""The control plane under /_mock: clock, reset and outcomes, with the API of the mock."""

import math
from datetime import timedelta
from typing import Any

import isodate
from flask import Response

from conformance.reference.clock import iso
from conformance.reference.errors import ApiError
from conformance.reference.parsing import bad_request, choice, date_time, json_object
from conformance.reference.registry import Route, VendorRegistry
from conformance.reference.transport import json_response


def control_plane(registry: VendorRegistry) -> tuple[Route, ...]:
    """Return the routes that move the clock and force outcomes."""
    clock = registry.context.clock

    def health() -> Response:
        return json_response({"status": "ok"})

    def reset() -> Response:
        registry.reset()
        return Response(status=204)

    def read_clock() -> Response:
        return json_response(
            {"now": iso(clock.now()), "mode": clock.mode, "speed": clock.speed or 1.0}
        )

    def move_clock() -> Response:
        _move(registry, json_object())
        return read_clock()

    def jobs() -> Response:
        all_jobs = [
            {"vendor": name, **job}
            for name, vendor in registry.vendors.items()
            for job in vendor.jobs()
        ]
        return json_response({"jobs": all_jobs})

    def force(vendor: str, job_id: str) -> Response:
        return json_response(_force(registry, vendor, job_id, json_object()))

    return (
        ("GET", "/_mock/health", health),
        ("POST", "/_mock/reset", reset),
        ("GET", "/_mock/clock", read_clock),
        ("POST", "/_mock/clock", move_clock),
        ("GET", "/_mock/jobs", jobs),
        ("POST", "/_mock/jobs/<vendor>/<job_id>/outcome", force),
    )


def _force(
    registry: VendorRegistry, vendor: str, job_id: str, body: dict[str, Any]
) -> dict[str, str]:
    outcome = body.get("outcome")
    if not isinstance(outcome, str):
        raise bad_request("outcome", "must be the name of a state")
    try:
        registry.vendors[vendor].force(job_id, outcome)
    except KeyError as error:
        raise ApiError(404, "unknown job") from error
    except ValueError as error:
        raise ApiError(400, str(error)) from error
    return {"vendor": vendor, "id": job_id, "outcome": outcome}


def _move(registry: VendorRegistry, body: dict[str, Any]) -> None:
    """Apply mode and speed first, then set, then advance."""
    clock = registry.context.clock
    if not body or not body.keys() <= {"advance", "set", "mode", "speed"}:
        raise bad_request("body", "needs some of advance, set, mode and speed, and nothing else")
    if "mode" in body or "speed" in body:
        clock.run(_speed(body))
    try:
        if "set" in body:
            clock.set(date_time(body["set"], "set"))
        if "advance" in body:
            clock.advance(_duration(body["advance"]))
    except (OverflowError, ValueError) as error:
        raise bad_request(
            "set" if "set" in body else "advance", "leads out of the clock's range"
        ) from error


def _duration(value: object) -> timedelta:
    try:
        length = isodate.parse_duration(value)
    except (isodate.ISO8601Error, TypeError, ValueError, OverflowError) as error:
        raise bad_request("advance", "must be an ISO 8601 duration such as PT5M") from error
    if not isinstance(length, timedelta) or length < timedelta():
        raise bad_request(
            "advance", "must be weeks, days, hours, minutes and seconds, not negative"
        )
    return length


def _speed(body: dict[str, Any]) -> float:
    if choice(body.get("mode", "real"), "mode", ("manual", "real")) == "manual":
        return 0.0
    speed = body.get("speed", 1)
    number = isinstance(speed, int | float) and not isinstance(speed, bool)
    if not number or not 0 < speed <= 1e6 or math.isnan(speed):
        raise bad_request("speed", "must be a number above 0 and up to 1000000")
    return float(speed)
