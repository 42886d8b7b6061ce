"""What the mock exports is as other people's tools want it."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import requests
from referencing import Registry, Resource

from tests._serving import Served
from tests.clients._environments import Environments
from tests.clients._sandbox import new_sandbox

pytestmark = pytest.mark.slow

JOBS = "/data/reports/calls/jobs"
BODIES = (b"\x00\xff", b"{", '{"n": "日本"}'.encode(), b"a=%zz&token=b", b"x" * 5000)


@pytest.fixture(scope="session")
def har_schema(environments: Environments) -> jsonschema.Draft6Validator:
    """The JSON Schema of HAR 1.2 in the package har-schema."""
    folder = environments.node_modules() / "har-schema" / "lib"
    schemas = {path.name: json.loads(path.read_bytes()) for path in folder.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    return jsonschema.Draft6Validator(
        schemas["har.json"], registry=registry, format_checker=jsonschema.FormatChecker()
    )


def test_archive_is_valid_by_the_schema_of_har(
    served: Callable[..., Served], har_schema: jsonschema.Draft6Validator
) -> None:
    server = served("documented")
    reset = {"match": {"method": "DELETE"}, "fault": {"kind": "reset"}}
    sandbox = new_sandbox(server, [reset])
    token = {"Authorization": f"Bearer {sandbox.credentials['talkdesk']['writer']}"}
    for media in ("application/json", "application/x-www-form-urlencoded", "\xe9"):
        for body in BODIES:
            headers = {**token, "Content-Type": media}
            requests.post(server.base_url + JOBS, body, headers=headers, timeout=30)
    requests.get(f"{server.base_url}{JOBS}/<é>?a=[b]&&=", headers=token, timeout=30)
    requests.options(f"{server.base_url}{JOBS}", headers=token, timeout=30)
    with pytest.raises(requests.ConnectionError):
        requests.delete(f"{server.base_url}{JOBS}/1", headers=token, timeout=30)
    archive = sandbox.control("GET", "requests", params={"format": "har", "limit": "1000"})
    assert [*har_schema.iter_errors(archive)] == []
    statuses = [entry["response"]["status"] for entry in archive["log"]["entries"]]
    assert len(statuses) == len(BODIES) * 3 + 3
    assert statuses[-1] == 0
    assert all(statuses[:-1])
