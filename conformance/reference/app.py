"""The Flask app: all three vendors and the control plane over one clock and one set of switches."""

import functools
import threading
from collections.abc import Callable, Collection, Iterator

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map

from conformance.reference.clinicalone import ClinicalOne
from conformance.reference.clock import Clock
from conformance.reference.concurrency import CROSSED, MERGED, Crossing
from conformance.reference.context import AppContext
from conformance.reference.control import control_plane
from conformance.reference.defects import Switches
from conformance.reference.defects.model import VENDOR_OF
from conformance.reference.energycap import EnergyCap
from conformance.reference.energycap.schemas import PathId
from conformance.reference.errors import ApiError
from conformance.reference.registry import Route, VendorRegistry
from conformance.reference.talkdesk import Talkdesk
from conformance.reference.transport import json_response

PROFILES = ("documented", "observed")
_LARGEST_BODY = 8 * 2**20


class ReferenceApp(Flask):
    """Handles one request at a time, so that no handler has to be thread-safe."""

    def __init__(self, context: AppContext) -> None:
        super().__init__("conformance.reference", static_folder=None)
        self._lock = threading.Lock()
        self._crossing = Crossing()
        self._crossed = {rule for defect, rule in CROSSED if context.has_defect(defect)}
        self._merged = {rule for defect, rule in MERGED if context.has_defect(defect)}

    def full_dispatch_request(self) -> Response:
        operation = f"{request.method} {request.url_rule}"
        if operation in self._crossed | self._merged:
            self._crossing.mix(request, merge=operation in self._merged)
        with self._lock:
            return super().full_dispatch_request()


def create_app(
    *,
    defects: Collection[str] = (),
    seed: int = 0,
    speed: float = 0.0,
    profile: str = "documented",
) -> Flask:
    """Return an app with the named switches (defects or variants) on.

    ``speed`` is virtual seconds a real second; 0 is a clock that only the control plane moves.
    ``profile`` is ``documented`` (Talkdesk in capitals, 300) or ``observed`` (lower case, 303).

    Raises:
        UnknownSwitchError: a switch is neither a defect nor a variant.
        ValueError: the profile is unknown.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}")
    context = AppContext(Clock(speed), Switches(defects), seed, profile)
    registry = VendorRegistry(context, (Talkdesk, ClinicalOne, EnergyCap))
    app = ReferenceApp(context)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    if any(context.has_variant(f"{prefix}-free-http10") for prefix in VENDOR_OF):
        app.config["HTTP_VERSION"] = "HTTP/1.0"
    routes = [*_vendor_routes(registry), *control_plane(registry)]
    app.url_map = _url_map(tuple((method, rule) for method, rule, _ in routes))
    app.view_functions = {f"{method} {rule}": view for method, rule, view in routes}
    _add_hooks(app, registry)
    app.extensions["vendors"] = registry
    return app


@functools.cache
def _url_map(routes: tuple[tuple[str, str], ...]) -> Map:
    """Return the map of methods and rules; compiling it costs more than all else of an app."""
    app = Flask("conformance.reference", static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.converters["path_id"] = PathId
    for method, rule in routes:
        app.add_url_rule(rule, f"{method} {rule}", methods=[method])
    return app.url_map


def _vendor_routes(registry: VendorRegistry) -> Iterator[Route]:
    for vendor in registry.vendors.values():
        for index, (method, rule, _) in enumerate(vendor.routes):
            yield method, rule, _view(registry, vendor.name, index)


def _view(registry: VendorRegistry, vendor: str, index: int) -> Callable[..., Response]:
    def view(**arguments: str) -> Response:
        # Looked up at each request: a reset creates the vendors anew.
        _, _, handler = registry.vendors[vendor].routes[index]
        return handler(**arguments)

    return view


def _add_hooks(app: Flask, registry: VendorRegistry) -> None:
    def before() -> None:
        vendor = registry.vendor_of(request.path)
        if vendor:
            vendor.transport.before_request()

    def after(response: Response) -> Response:
        if not response.get_data():
            response.headers.pop("Content-Type", None)  # an empty body has no type
        vendor = registry.vendor_of(request.path)
        return vendor.transport.after_request(response) if vendor else response

    def error_response(exception: Exception) -> Response:
        error = _api_error(exception)
        vendor = registry.vendor_of(request.path)
        if vendor:
            response = vendor.error_response(error)
        else:
            response = json_response({"message": error.message}, error.status)
        response.headers.update(error.headers)
        return response

    app.before_request(before)
    app.after_request(after)
    app.register_error_handler(Exception, error_response)


def _api_error(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return ApiError(405, "the method is not allowed", headers={"Allow": allowed})
    if isinstance(error, HTTPException):
        return ApiError(error.code or 500, error.name.lower())
    return ApiError(500, "something went wrong")
