"""Request data that the contract allows: deterministic requests, and Hypothesis strategies.

Values come from the target file, from the contract's examples and enums, and from tiny pools:
lists draw from so few items that duplicates are common, because those break servers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from conformance.contract_queries import id_parameters, parameter_schema
from conformance.http.request import UNSET
from conformance.request_data import OperationRequest, json_media, parameter_value
from conformance.target.client import Client
from specs import Contract, Operation
from specs.pointer import properties, resolve
from specs.samples import sample

FORM: Final = "application/x-www-form-urlencoded"
EDGE_CASE_STRINGS: Final = (
    "20260330",
    "Zürich, 東京 ✓",
    'a "quoted", name; with\\marks',
    " spaces  inside ",
    # Long, and beyond the 16 bits of a UTF-16 unit; it shows where it was cut.
    "".join(f"{place:03d}-Łódź-🌊 " for place in range(0, 250, 12)),
)
# Longer than the usual column of a database, for what no contract bounds.
UNBOUNDED_STRING: Final = "".join(f"{place:03d}-Łódź-🌊 " for place in range(0, 330, 12))


class RequestFactory:
    """Builds requests for a client's contract and target."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._contract = client.contract

    def minimal(
        self, operation_id: str, parameters: Mapping[str, Any] | None = None
    ) -> OperationRequest:
        """Return the simplest request that should succeed, as far as the suite can know.

        `parameters` are values by name; optional query parameters are sent only where these or
        the target file name them, or a document lists their values.
        """
        operation = self._contract.operations[operation_id]
        given = parameters or {}
        values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        ids = id_parameters(self._contract, operation)
        for parameter in operation.parameters:
            name = parameter["name"]
            if name in given:
                values[parameter["in"]][name] = given[name]
            elif self._is_sent(operation, parameter):
                value = parameter_value(self._client, operation, parameter, is_id=name in ids)
                is_list = parameter_schema(self._contract, parameter).get("type") == "array"
                values[parameter["in"]][name] = [value] if is_list else value
        return self._with_body(
            operation, OperationRequest(operation_id, values["path"], values["query"])
        )

    def _is_sent(self, operation: Operation, parameter: Mapping[str, Any]) -> bool:
        """Return True if a parameter belongs to the simplest request.

        Documents list a writing operation's parameters without saying which may be left out
        (Clinical One's modes): where its values are listed as well, one of them is sent.
        """
        if parameter.get("required") or parameter["name"] in self._client.target.values:
            return True
        schema = parameter_schema(self._contract, parameter)
        listed = "enum" in schema and schema.get("x-source") == "documented"
        return listed and operation.body is not None and not self._contract.own

    def _with_body(self, operation: Operation, request: OperationRequest) -> OperationRequest:
        """Return the request with the contract's first example, the target file's values in it."""
        media, examples = self._examples(operation)
        if media is None:
            return request
        body = examples[0] if examples else sample(self._contract, self._body_schema(operation))
        if not isinstance(body, Mapping):
            return replace(request, json=body)
        body = dict(body)
        if self.body_options(operation.id):
            for name, values in self._client.target.values.items():
                if name in body:
                    body[name] = list(values) if isinstance(body[name], list) else values[0]
        body |= self._unique_values(operation.id, body)
        return replace(request, form=body) if media == FORM else replace(request, json=body)

    def _examples(self, operation: Operation) -> tuple[str | None, list[Any]]:
        content = (operation.body or {}).get("content", {})
        media = json_media(operation) or (FORM if FORM in content else None)
        described = content.get(media, {})
        refs = (resolve(self._contract.openapi, e) for e in described.get("examples", {}).values())
        examples = [example["value"] for example in refs if "value" in example]
        return media, examples or ([described["example"]] if "example" in described else [])

    def _body_schema(self, operation: Operation) -> Mapping[str, Any]:
        content = (operation.body or {}).get("content", {})
        described: Mapping[str, Any] = content.get(json_media(operation) or FORM, {})
        schema: Mapping[str, Any] = resolve(self._contract.openapi, described.get("schema", {}))
        return schema

    def _unique_values(
        self, operation_id: str, body: Mapping[str, Any], offset: int = 0
    ) -> dict[str, str]:
        """Return new values for the members that no two resources may share."""
        number = len(self._client.exchanges) + offset
        values = {}
        for requirement in self._contract.requirements:
            check = requirement.check
            if (
                check
                and check.name == "rejects_duplicate"
                and requirement.operation == operation_id
            ):
                name = str(check.arguments["member"]).removeprefix("/")
                if isinstance(body.get(name), str):
                    values[name] = _numbered(body[name], number)
        return values

    def with_fresh_unique_values(
        self, request: OperationRequest, offset: int = 0
    ) -> OperationRequest:
        """Return a request whose unique members differ from all before in this run.

        Requests that are sent together need an `offset` each. With one, each sentence differs too:
        what has a space in it is free text.
        """
        body = request.json
        if not isinstance(body, Mapping):
            return request
        free = {name for name, v in body.items() if offset and isinstance(v, str) and " " in v}
        texts = {name: _numbered(body[name], offset) for name in free}
        unique = self._unique_values(request.operation, body, offset)
        return replace(request, json={**body, **texts, **unique})

    def invalid_bodies(
        self, operation_id: str, body: Any, kind: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield a member's name and a body that breaks its schema there; see `invalid_bodies`."""
        schema = self._body_schema(self._contract.operations[operation_id])
        return invalid_bodies(self._contract, schema, body, kind)

    def enum_names(self, operation_id: str) -> frozenset[str]:
        """Return the names of the body members and parameters that have an enum."""
        operation = self._contract.operations[operation_id]
        described = [*self._body_schema(operation).get("properties", {}).items()]
        described += [(p["name"], p.get("schema", {})) for p in operation.parameters]
        openapi = self._contract.openapi
        return frozenset(name for name, schema in described if "enum" in resolve(openapi, schema))

    def body_options(self, operation_id: str) -> dict[str, list[Any]]:
        """Return values to choose from for each member of an operation's body, by name."""
        operation = self._contract.operations[operation_id]
        _, examples = self._examples(operation)
        options = {}
        for name, described in self._body_schema(operation).get("properties", {}).items():
            schema = resolve(self._contract.openapi, described)
            values = [example[name] for example in examples if name in example]
            if member_options := self._member_options(name, schema, values):
                options[name] = member_options
        return options

    def _member_options(self, name: str, schema: Mapping[str, Any], values: list[Any]) -> list[Any]:
        own = list(self._client.target.values.get(name, ()))
        if schema.get("type") == "array":
            pool = own or (values[0] if values else [])
            variants = [pool, [], pool[:1], pool[-1:], [*pool[:1], *pool[:2]]]
            return variants if pool else values
        options = own or list(schema.get("enum", ())) or _distinct(values)
        if _is_free_text(schema) and options:
            options = [*options, *EDGE_CASE_STRINGS]
            options += [] if "maxLength" in schema else [UNBOUNDED_STRING]
        return options

    def parameter_options(self, operation_id: str) -> dict[str, list[Any]]:
        """Return values to choose from for each path and query parameter, by name."""
        operation = self._contract.operations[operation_id]
        ids = id_parameters(self._contract, operation)
        options = {}
        for parameter in operation.parameters:
            name = parameter["name"]
            schema = parameter_schema(self._contract, parameter)
            own = list(self._client.target.values.get(name, ()))
            values = own or list(schema.get("enum", ()))
            if not values and _is_free_text(schema) and not parameter.get("required"):
                values = [parameter["example"]] if "example" in parameter else []
                values += EDGE_CASE_STRINGS
            is_id = name in ids
            options[name] = values or [
                parameter_value(self._client, operation, parameter, is_id=is_id)
            ]
        return options

    def variants(self, operation_id: str) -> Iterator[OperationRequest]:
        """Yield the minimal request and its variants."""
        request = self.minimal(operation_id)
        yield request
        yield from self.variants_of(request)

    def variants_of(self, request: OperationRequest) -> Iterator[OperationRequest]:
        """Yield a request for each other value of a parameter or member, and for omissions."""
        yield from self._other_parameters(request)
        if not isinstance(request.json, Mapping):
            return
        for name, options in self.body_options(request.operation).items():
            for option in options:
                if option != request.json.get(name):
                    yield self.with_fresh_unique_values(request.with_member(name, option))
        if (reduced := self.required_only(request)) is not None:
            yield reduced

    def required_only(self, request: OperationRequest) -> OperationRequest | None:
        """Return the request without the optional members of its body, None if it has none."""
        schema = self._body_schema(self._contract.operations[request.operation])
        members = request.json if isinstance(request.json, Mapping) else {}
        optional = [name for name in members if name not in schema.get("required", ())]
        for name in optional:
            request = request.without_member(name)
        return request if optional else None

    def _other_parameters(self, request: OperationRequest) -> Iterator[OperationRequest]:
        parameters = self._contract.operations[request.operation].parameters
        optional = {p["name"] for p in parameters if not p.get("required")} & request.query.keys()
        required_query = {k: v for k, v in request.query.items() if k not in optional}
        all_options = self.parameter_options(request.operation)
        for parameter in parameters:
            name = parameter["name"]
            current = {**request.path, **request.query}.get(name)
            options = all_options[name]
            if parameter_schema(self._contract, parameter).get("type") == "array":
                options = [options, [*options[:1], *options[:2]]]
            for option in (option for option in options if option != current):
                changed = request.with_parameter(name, option)
                yield changed
                if name in request.path and optional:
                    yield replace(changed, query=required_query)
            if current is not None and not parameter.get("required"):
                yield request.with_parameter(name, None)

    def strategy(self, operation_id: str) -> st.SearchStrategy[OperationRequest]:
        """Return a strategy of requests of an operation; optional parts come and go."""
        request = self.minimal(operation_id)
        operation = self._contract.operations[operation_id]
        draws: dict[tuple[str, str], st.SearchStrategy[Any]] = {}
        parameter_options = self.parameter_options(operation_id)
        for parameter in operation.parameters:
            value = st.sampled_from(parameter_options[parameter["name"]])
            if parameter_schema(self._contract, parameter).get("type") == "array":
                value = st.lists(value, min_size=1, max_size=4)
            drawn = value if parameter.get("required") else st.one_of(st.none(), value)
            draws[parameter["in"], parameter["name"]] = drawn
        body = request.form if request.form is not None else request.json
        required = self._body_schema(operation).get("required", ()) if body is not UNSET else ()
        for name, options in self.body_options(operation_id).items():
            value = st.sampled_from(options)
            draws["body", name] = value if name in required else st.one_of(st.just(UNSET), value)
        return st.fixed_dictionaries(draws).map(lambda drawn: _apply(request, drawn))


def _numbered(text: str, number: int) -> str:
    """Return a text with a number at its end; digits stay digits."""
    return f"{text}{number:04d}" if text.isdigit() else f"{text}-{number}"


def _distinct(values: list[Any]) -> list[Any]:
    distinct: list[Any] = []
    for value in values:
        if value not in distinct:
            distinct.append(value)
    return distinct


def _is_free_text(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" and not {"enum", "format", "pattern"} & schema.keys()


def _apply(request: OperationRequest, drawn: Mapping[tuple[str, str], Any]) -> OperationRequest:
    for (location, name), value in drawn.items():
        if location == "path":
            request = replace(request, path={**request.path, name: value})
        elif location == "query":
            request = replace(request, query={**request.query, name: value})
        elif location == "body" and value is UNSET:
            request = request.without_member(name)
        elif location == "body":
            request = request.with_member(name, value)
    return request


# What no reading of a value makes valid for another type.
_OF_ANOTHER_TYPE: Final[Mapping[str, Any]] = {
    "integer": {"no": "number"},
    "number": {"no": "number"},
    "boolean": {"no": "boolean"},
    "array": 7,
    "object": "no-object",
}


def invalid_bodies(
    contract: Contract, schema: Mapping[str, Any], body: Any, kind: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of a member, and a body whose member breaks its schema.

    It is left out (`required`), of another `type`, or no value of its `enum`. What the schema as a
    whole allows all the same is not yielded.
    """
    if not isinstance(body, Mapping):
        return
    validator = contract.validator(schema)
    for name, member in properties(contract.openapi, schema).items():
        changed = _broken(body, name, resolve(contract.openapi, member), kind)
        if changed is not None and not validator.is_valid(changed):
            yield name, changed


def _broken(
    body: Mapping[str, Any], name: str, schema: Mapping[str, Any], kind: str
) -> dict[str, Any] | None:
    if kind == "required":
        return {key: value for key, value in body.items() if key != name} if name in body else None
    if kind == "enum":
        return {**body, name: "no-such-value"} if "enum" in schema else None
    other = _OF_ANOTHER_TYPE.get(str(schema.get("type")))
    return None if other is None else {**body, name: other}
