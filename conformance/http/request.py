"""HTTP requests before they are sent, built from the contract's operation, and URL parsing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

import orjson

from conformance.http import ExchangeInfo
from specs import Operation

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
UNSET: Final[Any] = object()
DEFAULT_HEADERS: Final = {
    "User-Agent": "report-contracts-conformance",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request without credentials: the path is percent-encoded, the query pairs are not.

    `raw_query`, where given, is sent as it is, instead of the pairs. `origin` is another host than
    the target's own (`https://files.example`): one of its download hosts.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw_query: str | None = None
    origin: str | None = None

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        query = urlencode(self.query) if self.raw_query is None else self.raw_query
        return f"{self.path}?{query}" if query else self.path

    def with_headers(self, headers: Mapping[str, str | None]) -> "HttpRequest":
        """Return the request with `headers` set; None removes one."""
        changed = {name.lower() for name in headers}
        others = {name: v for name, v in self.headers.items() if name.lower() not in changed}
        added = {name: value for name, value in headers.items() if value is not None}
        return replace(self, headers={**others, **added})

    def with_query(self, name: str, value: str) -> "HttpRequest":
        """Return the request with one more query parameter, unless it has one of this name."""
        if name in dict(self.query):
            return self
        raw = self.raw_query
        if raw is not None:
            raw = f"{raw}&{urlencode({name: value})}" if raw else urlencode({name: value})
        return replace(self, query=(*self.query, (name, value)), raw_query=raw)


def build_path(operation: Operation, values: Mapping[str, Any]) -> str:
    """Return the operation's path with `values` in it, percent-encoded.

    Raises:
        LookupError: a parameter of the path has no value.
    """
    path = operation.path
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", _segment(values[parameter["name"]]))
    return path


def _segment(value: Any) -> str:
    text = _text(value)
    # A segment of dots alone would be resolved as a relative path.
    return text.replace(".", "%2E") if text in {".", ".."} else quote(text, safe="")


def build_query(
    operation: Operation, values: Mapping[str, Any] | Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Return query pairs; a list is written in its parameter's style, None is omitted."""
    if not isinstance(values, Mapping):
        return tuple(values)
    parameters = {p["name"]: p for p in operation.parameters if p["in"] == "query"}
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if value is None:
            continue
        items = [_text(item) for item in (value if isinstance(value, list | tuple) else [value])]
        # `explode` is OpenAPI's default for the style `form`.
        exploded = parameters.get(name, {}).get("explode", True)
        pairs += [(name, item) for item in (items if exploded else [",".join(items)])]
    return tuple(pairs)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def json_body(value: Any) -> tuple[bytes, str]:
    """Return a JSON body and its media type."""
    return orjson.dumps(value), JSON


def form_body(values: Mapping[str, str]) -> tuple[bytes, str]:
    """Return a form body and its media type."""
    return urlencode(values).encode(), FORM


def parse_url(text: str, base: str = "") -> SplitResult | None:
    """Return the parts of a URL, resolved against `base`; None where it is not a URL."""
    try:
        parts = urlsplit(urljoin(base, text))
        _ = parts.port  # parsed on access, and only then invalid
    except ValueError:
        return None
    return parts


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A request of an operation before its credential is added."""

    operation: Operation
    request: HttpRequest
    headers: Mapping[str, str | None]
    info: ExchangeInfo


def prepare_call(  # noqa: PLR0913  (a request has these parts)
    operation: Operation,
    *,
    path: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
    headers: Mapping[str, str | None] | None = None,
    json: Any = UNSET,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
    role: str | None,
    driver: str,
    valid: bool | None = None,
) -> PreparedCall:
    """Return a request of an operation that is ready to be sent.

    Args:
        operation: the operation of the contract.
        path: values of path parameters, not yet encoded.
        query: values by name (a list is written in the parameter's style, None is omitted), or
            pairs that are sent as they are.
        headers: added to the request's own; None removes one. A placeholder of a recorded
            response (`$TALKDESK_TOKEN_1`) is replaced by its secret when the request is sent.
        json: a JSON body.
        form: a form body.
        body: raw bytes, which need a Content-Type in `headers`.
        role: whose credential is sent; None sends none.
        driver: what sends the request; see `Exchange`.
        valid: whether the contract allows it; see `Exchange`.
    """
    parameters = dict(path or {})
    content, media = body, None
    if json is not UNSET:
        content, media = json_body(json)
    elif form is not None:
        content, media = form_body(form)
    request = HttpRequest(
        operation.method,
        build_path(operation, parameters),
        build_query(operation, query or {}),
        {**DEFAULT_HEADERS, "Content-Type": media} if media else DEFAULT_HEADERS,
        content,
    )
    info = ExchangeInfo(operation.id, driver, role, valid, parameters)
    return PreparedCall(operation, request, headers or {}, info)
