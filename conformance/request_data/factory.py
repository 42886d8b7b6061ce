"""Request data that the contract allows: deterministic ones, and Hypothesis strategies.

Values come from the target file, from the contract's examples and closed lists, and from tiny
pools: lists draw from so few items that duplicates are common, for those break servers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from conformance.contract_queries import id_parameters, parameter_schema
from conformance.request_data.operation_request import OperationRequest, parameter_value
from conformance.target.client import UNSET, Client
from specs import Operation
from specs.pointer import resolve

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
EDGE_CASE_STRINGS: Final = (
    "20260330",
    "Zürich, 東京 ✓",
    'a "quoted", name; with\\marks',
    " spaces  inside ",
    # Long, and beyond the 16 bits of a UTF-16 unit; it says itself where it was cut.
    "".join(f"{place:03d}-Łódź-🌊 " for place in range(0, 250, 12)),
)


class RequestFactory:
    """Makes request data for a client's contract and target."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._contract = client.contract

    def minimal(
        self, operation_id: str, given: Mapping[str, Any] | None = None
    ) -> OperationRequest:
        """Return the simplest request that should succeed, as far as anybody can know.

        `given` holds values of parameters by name; optional query parameters are sent only where
        it or the target file names them.
        """
        operation = self._contract.operations[operation_id]
        given = {} if given is None else given
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        ids = id_parameters(self._contract, operation)
        for parameter in operation.parameters:
            name = parameter["name"]
            if name in given:
                places[parameter["in"]][name] = given[name]
            elif parameter.get("required") or name in self._client.target.values:
                found = parameter_value(self._client, parameter, is_id=name in ids)
                is_list = parameter_schema(self._contract, parameter).get("type") == "array"
                places[parameter["in"]][name] = [found] if is_list else found
        return self._with_body(
            operation, OperationRequest(operation_id, places["path"], places["query"])
        )

    def _with_body(self, operation: Operation, asked: OperationRequest) -> OperationRequest:
        media, examples = self._examples(operation)
        if media is None:
            return asked
        first = examples[0] if examples else {}
        first = {**first, **self._own_values(operation, first)}
        first = {**first, **self._unique(operation, first)}
        return replace(asked, form=first) if media == FORM else replace(asked, json=first)

    def _examples(self, operation: Operation) -> tuple[str | None, list[Any]]:
        content = (operation.body or {}).get("content", {})
        media = next((name for name in (JSON, FORM) if name in content), None)
        described = content.get(media, {}).get("examples", {}).values()
        return media, [example["value"] for example in described]

    def _own_values(self, operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members for which the target file has values of its own."""
        own = {}
        for name, pool in self._client.target.values.items():
            if name in body:
                own[name] = list(pool) if isinstance(body[name], list) else pool[0]
        return own if self.body_options(operation.id) else {}

    def _unique(
        self, operation: Operation, body: Mapping[str, Any], offset: int = 0
    ) -> dict[str, str]:
        """Return the members that no two things may share, made unlike all before in this run."""
        number = len(self._client.exchanges) + offset
        return {
            name: _numbered(body[name], number) for name in self._unique_members(operation.id, body)
        }

    def _unique_members(self, operation_id: str, body: Mapping[str, Any]) -> Iterator[str]:
        for requirement in self._contract.requirements:
            check = requirement.check
            if check and check.name == "rejects_duplicate":
                name = str(check.arguments["member"]).removeprefix("/")
                if requirement.operation == operation_id and isinstance(body.get(name), str):
                    yield name

    def closed_lists(self, operation_id: str) -> frozenset[str]:
        """Return the members of a body, and parameters, whose values are a closed list."""
        operation = self._contract.operations[operation_id]
        media, _ = self._examples(operation)
        content = (operation.body or {}).get("content", {})
        schema = resolve(self._contract.openapi, content.get(media, {}).get("schema", {}))
        described = [*schema.get("properties", {}).items()]
        described += [(p["name"], p.get("schema", {})) for p in operation.parameters]
        return frozenset(
            name for name, one in described if "enum" in resolve(self._contract.openapi, one)
        )

    def body_options(self, operation_id: str) -> dict[str, list[Any]]:
        """Return values to choose from for each member of an operation's body, by name."""
        operation = self._contract.operations[operation_id]
        media, examples = self._examples(operation)
        content = (operation.body or {}).get("content", {})
        schema = resolve(self._contract.openapi, content.get(media, {}).get("schema", {}))
        found = {}
        for name, described in schema.get("properties", {}).items():
            member = resolve(self._contract.openapi, described)
            seen = [example[name] for example in examples if name in example]
            if options := self._options(name, member, seen):
                found[name] = options
        return found

    def _options(self, name: str, schema: Mapping[str, Any], seen: list[Any]) -> list[Any]:
        own = list(self._client.target.values.get(name, ()))
        if schema.get("type") == "array":
            pool = own or (seen[0] if seen else [])
            return [pool, [], pool[:1], pool[-1:], [*pool[:1], *pool[:2]]] if pool else seen
        options = own or list(schema.get("enum", ())) or _distinct(seen)
        if _is_free_text(schema) and options:
            options = [*options, *EDGE_CASE_STRINGS]
        return options

    def parameter_options(self, operation_id: str) -> dict[str, list[Any]]:
        """Return values to choose from for each path and query parameter, by name."""
        operation = self._contract.operations[operation_id]
        ids = id_parameters(self._contract, operation)
        found = {}
        for parameter in operation.parameters:
            name = parameter["name"]
            schema = parameter_schema(self._contract, parameter)
            own = list(self._client.target.values.get(name, ()))
            options = own or list(schema.get("enum", ()))
            if not options and _is_free_text(schema) and not parameter.get("required"):
                options = [parameter["example"]] if "example" in parameter else []
                options += EDGE_CASE_STRINGS
            found[name] = options or [parameter_value(self._client, parameter, is_id=name in ids)]
        return found

    def variants(self, operation_id: str) -> Iterator[OperationRequest]:
        """Yield the plain request, then one for each other value, text or omission in it."""
        plain = self.minimal(operation_id)
        yield plain
        yield from self.variants_of(plain)

    def variants_of(self, plain: OperationRequest) -> Iterator[OperationRequest]:
        """Yield a request for each other value, text or omission in a plain one."""
        operation_id = plain.operation
        yield from self._other_parameters(operation_id, plain)
        if not isinstance(plain.json, Mapping):
            return
        for name, options in self.body_options(operation_id).items():
            for option in options:
                if option != plain.json.get(name):
                    yield self.with_fresh_unique_values(plain.with_member(name, option))
        if (bare := self.required_only(plain)) is not None:
            yield bare

    def required_only(self, asked: OperationRequest) -> OperationRequest | None:
        """Return the request without the optional members of its body, None if it has none."""
        operation = self._contract.operations[asked.operation]
        members = asked.json if isinstance(asked.json, Mapping) else {}
        optional = [name for name in members if name not in self._required(operation)]
        for name in optional:
            asked = asked.without_member(name)
        return asked if optional else None

    def _other_parameters(
        self, operation_id: str, plain: OperationRequest
    ) -> Iterator[OperationRequest]:
        parameters = self._contract.operations[operation_id].parameters
        optional = {p["name"] for p in parameters if not p.get("required")} & plain.query.keys()
        needed = {key: one for key, one in plain.query.items() if key not in optional}
        for parameter in parameters:
            name = parameter["name"]
            now = {**plain.path, **plain.query}.get(name)
            options = self.parameter_options(operation_id)[name]
            if parameter_schema(self._contract, parameter).get("type") == "array":
                options = [options, [*options[:1], *options[:2]]]
            for one in (one for one in options if one != now):
                yield plain.with_parameter(name, one)
                if name in plain.path and optional:
                    yield replace(plain.with_parameter(name, one), query=needed)
            if now is not None and not parameter.get("required"):
                yield plain.with_parameter(name, None)

    def strategy(self, operation_id: str) -> st.SearchStrategy[OperationRequest]:
        """Return a strategy of requests of an operation; optional parts come and go."""
        plain = self.minimal(operation_id)
        operation = self._contract.operations[operation_id]
        draws: dict[str, st.SearchStrategy[Any]] = {}
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter["in"]
            options = self.parameter_options(operation_id)[name]
            draws[f"{place}/{name}"] = _drawn(parameter, options, self._contract_schema(parameter))
        body = plain.form if plain.form is not None else plain.json
        for name, options in self.body_options(operation_id).items():
            required = isinstance(body, Mapping) and name in self._required(operation)
            chosen = st.sampled_from(options)
            draws[f"body/{name}"] = chosen if required else st.one_of(st.just(UNSET), chosen)
        return st.fixed_dictionaries(draws).map(lambda drawn: _apply(plain, drawn))

    def _contract_schema(self, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
        return parameter_schema(self._contract, parameter)

    def _required(self, operation: Operation) -> frozenset[str]:
        content = (operation.body or {}).get("content", {})
        described: Mapping[str, Any] = next(iter(content.values()), {"schema": {}})
        return frozenset(resolve(self._contract.openapi, described["schema"]).get("required", ()))

    def with_fresh_unique_values(
        self, asked: OperationRequest, offset: int = 0
    ) -> OperationRequest:
        """Return a request whose unique members are unlike all before in this run."""
        body = asked.json
        if not isinstance(body, Mapping):
            return asked
        operation = self._contract.operations[asked.operation]
        return replace(asked, json={**body, **self._unique(operation, body, offset)})


def _numbered(text: str, number: int) -> str:
    """Return a text with a number at its end; digits stay digits."""
    return f"{text}{number:04d}" if text.isdigit() else f"{text}-{number}"


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for one in values:
        if one not in found:
            found.append(one)
    return found


def _is_free_text(schema: Mapping[str, Any]) -> bool:
    bound = {"enum", "format", "pattern"} & schema.keys()
    return schema.get("type") == "string" and not bound


def _drawn(
    parameter: Mapping[str, Any], options: list[Any], schema: Mapping[str, Any]
) -> st.SearchStrategy[Any]:
    one = st.sampled_from(options)
    if schema.get("type") == "array":
        one = st.lists(one, min_size=1, max_size=4)
    return one if parameter.get("required") else st.one_of(st.none(), one)


def _apply(plain: OperationRequest, drawn: Mapping[str, Any]) -> OperationRequest:
    asked = plain
    for place, new in drawn.items():
        where, name = place.split("/", 1)
        if where == "path":
            asked = replace(asked, path={**asked.path, name: new})
        elif where == "query":
            asked = replace(asked, query={**asked.query, name: new})
        elif where == "body":
            asked = asked.without_member(name) if new is UNSET else asked.with_member(name, new)
    return asked
