"""Parse and check fault rules from request bodies, headers and files."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from mockserver.errors import ApiError
from mockserver.faults.labels import LabelPredictor
from mockserver.faults.model import DISTRIBUTION_OPTIONS, OPTIONS, Fault, Kind, Label, Match, Rule
from mockserver.http.headers import Directive, read_directives
from mockserver.jobs.schedule import Occurrences
from mockserver.openapi.schemas import Schemas, Validator
from specs import Contract, Operation
from specs.explanation import hint

Roles = Callable[[str], Collection[str]]
"""Returns the roles of a vendor's identities."""

NamesJob = Callable[[Operation], bool]
"""Returns True if requests for an operation refer to a job."""

_MAX_CACHED = 500
"""Parsed rules in the cache."""


class FaultRuleParser:
    """Parses rules of the schema `FaultRule` in the control plane's contract.

    `max_delay_ms` is the longest delay of a response that the server allows.
    """

    def __init__(
        self,
        control: Schemas,
        contracts: Mapping[str, Contract],
        roles: Roles,
        predictor: LabelPredictor,
        max_delay_ms: float,
        names_job: NamesJob,
    ) -> None:
        self._names_job = names_job
        self._shape: Validator = control.validator({"$ref": "#/components/schemas/FaultRule"})
        self._contracts = contracts
        self._operations = tuple(
            row for contract in contracts.values() for row in contract.operations.values()
        )
        self._roles = roles
        self._predictor = predictor
        self._max_delay_ms = max_delay_ms
        self._cache: dict[bytes, Rule] = {}

    def read_all(self, raw: Any) -> list[Rule]:
        """Return the rules of a list or of a single rule, with their delays checked.

        Raises:
            ApiError: as `read`, or a delay is longer than the server allows.
        """
        rules = [self.read(row) for row in (raw if isinstance(raw, list) else [raw])]
        for rule in rules:
            check_delay(rule.fault, self._max_delay_ms)
        return rules

    def read(self, raw: Any, vendor: str | None = None) -> Rule:
        """Return one rule; `vendor` is the default of `match.vendor`.

        A delay longer than the server allows is accepted here and reduced when applied.

        Raises:
            ApiError: 400, a member is invalid or unknown; `field` names it.
        """
        try:
            key = orjson.dumps([vendor, raw])  # scenarios repeat the same rules
        except TypeError as error:  # YAML has more types than JSON
            raise _error("fault", f"cannot be written as JSON: {error}") from None
        if key not in self._cache:
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            self._cache[key] = self._parse(raw, vendor)
        return self._cache[key]

    def forget(self) -> None:
        """Clear the cache; the fixtures that rules were checked against have changed."""
        self._cache.clear()

    def _parse(self, raw: Any, vendor: str | None) -> Rule:
        if not self._shape.is_valid(raw):
            raise self._shape.api_error(raw, "fault")
        match = self._match({"vendor": vendor, **raw.get("match", {})})
        fault = read_fault(raw["fault"])
        label = self._predictor.predict(match, fault)
        if label is None:
            correction = self._predictor.correction_hint(match, fault)
            reason = f"is applicable to no matching response; {correction}"
            name = "fault.pointer" if fault.options.get("pointer") else "fault.kind"
            raise _error(name, reason)
        source = {key: value for key, value in raw.items() if key != "id"}
        if vendor is not None:
            source["match"] = {"vendor": vendor, **raw.get("match", {})}
        return Rule(
            id=raw.get("id", ""),
            match=match,
            fault=fault,
            times=raw.get("times"),
            probability=raw.get("probability"),
            label=label,
            source=source,
        )

    def read_header(self, text: str) -> list[Rule]:
        """Return the rules of an X-Mock-Fault header: `kind; option=value, another kind`.

        Raises:
            ApiError: 400, it is malformed.
        """
        try:
            groups = read_directives(text)
            return [self._request_rule(group) for group in groups]
        except ValueError as error:
            reason = str(error)
        except ApiError as error:
            reason = f"is invalid: {error.message.removesuffix('.')}"
        raise ApiError(400, f"X-Mock-Fault {reason}.", field="X-Mock-Fault", reason=reason)

    def _request_rule(self, group: list[Directive]) -> Rule:
        (kind, _), *options = group
        raw = {"fault": {"kind": kind, **{name: _parse_value(text) for name, text in options}}}
        if not self._shape.is_valid(raw):
            raise self._shape.api_error(raw, "fault")
        fault = read_fault(raw["fault"])
        check_delay(fault, self._max_delay_ms)
        return Rule(f"header {kind}", Match(), fault, None, None, Label.VALID, raw)

    def _match(self, raw: Mapping[str, Any]) -> Match:
        vendor = self.check_names(raw, "match.")
        vendors = self._contracts if vendor is None else (vendor,)
        match = Match(
            vendor=vendor,
            operation=raw.get("operation"),
            method=raw.get("method"),
            path=raw.get("path"),
            role=raw.get("role"),
            states=self._states(raw["state"], vendors) if "state" in raw else None,
            occurrences=Occurrences(raw.get("nth"), raw.get("after"), raw.get("every")),
        )
        self._check_match(match)
        return match

    def _check_match(self, match: Match) -> None:
        """Check that one request can meet all conditions; without an operation it has no role."""
        if contradiction := match.occurrences.contradiction():
            raise _error("match.nth", contradiction)
        left = [row for row in self._operations if match.vendor in (None, row.vendor)]
        path = match.path or "/"
        vendors = {row.vendor for row in left}
        prefixes = [prefix for name in sorted(vendors) for prefix in self._contracts[name].prefixes]
        fits = (_may_begin(path, it) or path.startswith(f"{it.rstrip('/')}/") for it in prefixes)
        if not any(fits):
            raise _error("match.path", f"is under no path of a vendor: {', '.join(prefixes)}")
        conditions: list[tuple[str, Any, Callable[[Operation], bool]]] = [
            ("method", match.method, lambda row: row.method == match.method),
            ("operation", match.operation, lambda row: row.id == match.operation),
        ]
        if match.operation or match.role or match.states:
            conditions += [
                ("path", match.path, lambda row: _may_begin(path, row.path)),
                ("role", match.role, lambda row: match.role in self._roles(row.vendor)),
                ("state", match.states, lambda row: self._may_be_in(row, match.states or ())),
            ]
        for name, condition, is_met in conditions:
            if condition is not None:
                left = [row for row in left if is_met(row)]
            if not left:
                raise _error(f"match.{name}", "fits no operation that the rest of match selects")

    def _may_be_in(self, operation: Operation, states: Collection[str]) -> bool:
        known = self._contracts[operation.vendor].lifecycle.states
        return self._names_job(operation) and not known.keys().isdisjoint(states)

    def check_names(self, raw: Mapping[str, Any], place: str, role: str = "role") -> str | None:
        """Check the names in a pattern of requests; return the vendor that they belong to.

        `place` begins the names of members in errors; `role` is the member that has a role.

        Raises:
            ApiError: 400, a vendor, operation, role or fault is unknown, or not of the others.
        """
        vendor: str | None = raw.get("vendor")
        if vendor is not None:
            _check_known(f"{place}vendor", vendor, self._contracts)
        if "operation" in raw:
            vendor = self._check_operation(raw, vendor, place)
        if role in raw:
            vendors = self._contracts if vendor is None else (vendor,)
            _check_known(
                place + role, raw[role], {it for name in vendors for it in self._roles(name)}
            )
        if "fault" in raw:
            _check_known(f"{place}fault", raw["fault"], {"any", "none", *Kind, *Label})
        return vendor

    def _check_operation(
        self, raw: Mapping[str, Any], vendor: str | None, place: str
    ) -> str | None:
        """Return the vendor of the named operation; the one that is given where several have it."""
        name = raw["operation"]
        _check_known(f"{place}operation", name, {row.id for row in self._operations})
        named = [row for row in self._operations if row.id == name]
        rows = [row for row in named if vendor in (None, row.vendor)]
        if not rows:
            reason = f"{name} belongs to {named[0].vendor}, not {vendor}"
            raise _error(f"{place}operation", reason)
        methods = {row.method for row in rows}
        method = raw.get("method", rows[0].method)
        if method.upper() not in methods:
            reason = f"{name} has the method {' or '.join(sorted(methods))}, not {method}"
            raise _error(f"{place}method", reason)
        return rows[0].vendor if len(rows) == 1 else vendor

    def _states(self, name: str, vendors: Collection[str]) -> frozenset[str]:
        lifecycles = [self._contracts[vendor].lifecycle for vendor in vendors]
        states = {state for lifecycle in lifecycles for state in lifecycle.states_named(name)}
        if not states:
            _check_known("match.state", name, {state for row in lifecycles for state in row.states})
        return frozenset(states)


def check_delay(fault: Fault, max_delay_ms: float) -> None:
    """Check that a fault delays no response by more than `max_delay_ms`.

    Raises:
        ApiError: 400, it does.
    """
    for name in ("ms", "to_ms"):
        if (fault.options.get(name) or 0) > max_delay_ms:
            raise _error(f"fault.{name}", f"must be at most {max_delay_ms:g}, the server's limit")


def read_fault(raw: Mapping[str, Any]) -> Fault:
    """Return the fault of `raw`, which matches the schema, with its options checked.

    Raises:
        ApiError: 400, an option is not allowed for the kind or with another option.
    """
    kind = Kind(raw["kind"])
    options = {name: value for name, value in raw.items() if name != "kind"}
    allowed = OPTIONS[kind]
    for name in options:
        if name not in allowed:
            takes = ", ".join(allowed) or "none"
            raise _error(f"fault.{name}", f"is not an option of {kind}; known options: {takes}")
    fault = Fault(kind, options)
    if kind is Kind.LATENCY:
        _check_latency(fault)
    if kind is Kind.WRONG_LENGTH and fault["delta"] == 0:
        raise _error("fault.delta", "must not be 0")
    if kind is Kind.SERVER_ERROR and "retry_after" in options and fault["status"] != 503:
        raise _error("fault.retry_after", "is allowed only with status 503")
    return fault


def _check_latency(fault: Fault) -> None:
    distribution = fault["distribution"]
    for name in ("to_ms", "deviation_ms", "sigma"):
        if name in fault.options and name != DISTRIBUTION_OPTIONS[distribution]:
            raise _error(f"fault.{name}", f"is not allowed with the distribution {distribution}")
    if fault["to_ms"] is not None and fault["to_ms"] < fault["ms"]:
        raise _error("fault.to_ms", "must not be less than ms")


def _may_begin(path: str, template: str) -> bool:
    """Return True if a path of the template can begin with `path`."""
    *whole, last = path.split("/")
    segments = template.split("/")
    pairs = zip(whole, segments, strict=False)
    return (
        len(whole) < len(segments)
        and all(given == segment or "{" in segment for given, segment in pairs)
        and (segments[len(whole)].startswith(last) or "{" in segments[len(whole)])
    )


def _parse_value(text: str | None) -> Any:
    if text is None:
        return True
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _check_known(field: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise _error(field, f"unknown value {name}; {hint(name, sorted(known))}")


def _error(field: str, reason: str) -> ApiError:
    end = "" if reason.endswith("?") else "."
    return ApiError(400, f"{field}: {reason}{end}", field=field, reason=reason)
