"""The Flask app: all three vendors and the control plane over one clock and one set of switches."""

import threading
from collections.abc import Callable, Collection

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from conformance.reference.cast import Cast
from conformance.reference.clock import Clock
from conformance.reference.control import control_plane
from conformance.reference.defects import Switches
from conformance.reference.energycap.queries import PathId
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.transport import json_response
from conformance.reference.vendor import Vendor

PROFILES = ("documented", "observed")
_LARGEST_BODY = 8 * 2**20


class ReferenceApp(Flask):
    """Serves one request at a time, so that no handler needs to think of another thread."""

    def __init__(self) -> None:
        super().__init__("conformance.reference", static_folder=None)
        self._turn = threading.Lock()

    def full_dispatch_request(self) -> Response:
        with self._turn:
            return super().full_dispatch_request()


def create_app(
    *,
    defects: Collection[str] = (),
    seed: int = 0,
    speed: float = 0.0,
    profile: str = "documented",
) -> Flask:
    """An app with the named switches (defects or variants) on.

    ``speed`` is virtual seconds a real second; 0 is a clock that only the control plane moves.
    ``profile`` is ``documented`` (Talkdesk in capitals, 300) or ``observed`` (lower case, 303).
    UnknownSwitchError for an unknown switch, ValueError for an unknown profile.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}")
    cast = Cast(Stage(Clock(speed), Switches(defects), seed, profile))
    app = ReferenceApp()
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.url_map.merge_slashes = False
    app.url_map.converters["path_id"] = PathId
    for vendor in cast.vendors.values():
        app.register_blueprint(_blueprint(cast, vendor))
    app.register_blueprint(control_plane(cast))
    _add_hooks(app, cast)
    return app


def _blueprint(cast: Cast, vendor: Vendor) -> Blueprint:
    routes = Blueprint(vendor.name, __name__)
    for method, rule, operation in vendor.routes:
        routes.add_url_rule(rule, operation, _view(cast, vendor.name, operation), methods=[method])
    return routes


def _view(cast: Cast, vendor: str, operation: str) -> Callable[..., Response]:
    def view(**arguments: str) -> Response:
        # Looked up at each request: a reset puts new vendors into the cast.
        return cast.vendors[vendor].handlers[operation](**arguments)

    return view


def _add_hooks(app: Flask, cast: Cast) -> None:
    def admit() -> None:
        vendor = cast.vendor_of(request.path)
        if vendor:
            vendor.traffic.admit()

    def finish(response: Response) -> Response:
        if not response.get_data():
            response.headers.pop("Content-Type", None)  # there is nothing that has a type
        vendor = cast.vendor_of(request.path)
        return vendor.traffic.finish(response) if vendor else response

    def refuse(error: Exception) -> Response:
        refusal = _as_refusal(error)
        vendor = cast.vendor_of(request.path)
        if vendor:
            response = vendor.refuse(refusal)
        else:
            response = json_response({"message": refusal.message}, refusal.status)
        response.headers.update(refusal.headers)
        return response

    app.before_request(admit)
    app.after_request(finish)
    app.register_error_handler(Exception, refuse)


def _as_refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Refusal(405, "the method is not allowed here", headers={"Allow": allowed})
    if isinstance(error, HTTPException):
        return Refusal(error.code or 500, error.name.lower())
    return Refusal(500, "something went wrong")
