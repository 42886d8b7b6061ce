"""Paths as a tree: literals before parameters, complete Allow, nothing decoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import ApiError, ConfigurationError
from mockserver.http.routing import Router


@pytest.fixture
def routes() -> Router[str]:
    routes: Router[str] = Router()
    for method, path in [
        ("GET", "/d"),
        ("POST", "/d"),
        ("GET", "/d/{id}"),
        ("DELETE", "/d/{id}"),
        ("POST", "/d/{id}/exec"),
        ("GET", "/d/log"),
        ("GET", "/d/log/{log}/detail"),
        ("GET", "/r/{type}/jobs/{id}"),
        ("GET", "/r/all/{kind}/{id}"),
        ("GET", "/e/{id}/"),
        ("GET", "/{a}/f/"),
    ]:
        routes.add(method, path, f"{method} {path}")
    return routes


@pytest.mark.parametrize(
    ("method", "path", "target", "values"),
    [
        ("GET", "/d", "GET /d", {}),
        ("GET", "/d/7", "GET /d/{id}", {"id": "7"}),
        ("GET", "/d/log", "GET /d/log", {}),
        ("GET", "/d/log/1/detail", "GET /d/log/{log}/detail", {"log": "1"}),
        ("POST", "/d/log/exec", "POST /d/{id}/exec", {"id": "log"}),
        ("GET", "/d/a%2Fb", "GET /d/{id}", {"id": "a%2Fb"}),
        ("GET", "/r/calls/jobs/x", "GET /r/{type}/jobs/{id}", {"type": "calls", "id": "x"}),
        ("GET", "/r/all/jobs/x", "GET /r/all/{kind}/{id}", {"kind": "jobs", "id": "x"}),
        ("GET", "/e/7/", "GET /e/{id}/", {"id": "7"}),
        ("GET", "/g/f/", "GET /{a}/f/", {"a": "g"}),
    ],
)
def test_path_leads_to_its_operation(
    routes: Router[str], method: str, path: str, target: str, values: dict[str, str]
) -> None:
    assert routes.find(method, path) == (target, values)


@pytest.mark.parametrize(
    "path", ["/", "", "/e/7", "/e//", "/d/", "/d/7/", "/d//exec", "/x", "/d/7/exec/more", "*"]
)
def test_unknown_path_is_404(routes: Router[str], path: str) -> None:
    with pytest.raises(ApiError) as caught:
        routes.find("GET", path)
    assert caught.value.status == 404
    assert routes.methods(path) == ()


def test_unknown_method_is_405_with_all_the_others(routes: Router[str]) -> None:
    with pytest.raises(ApiError) as caught:
        routes.find("PATCH", "/d/7")
    assert caught.value.status == 405
    assert caught.value.headers == {"Allow": "DELETE, GET, HEAD, OPTIONS"}
    assert routes.methods("/d/7") == ("DELETE", "GET", "HEAD", "OPTIONS")


@pytest.mark.parametrize("path", ["", "/{a}{b}"])
def test_path_that_cannot_be_routed_is_a_fault(routes: Router[str], path: str) -> None:
    with pytest.raises(ConfigurationError, match="a segment has one parameter"):
        routes.add("GET", path, "x")


def test_a_path_may_begin_with_a_parameter() -> None:
    routes: Router[str] = Router()
    routes.add("GET", "/jobs/{id}", "literal")
    routes.add("GET", "/{tenant}/{id}", "any")
    assert routes.find("GET", "/jobs/7") == ("literal", {"id": "7"})
    assert routes.find("GET", "/acme/7") == ("any", {"tenant": "acme", "id": "7"})
    assert routes.methods("/acme") == ()


def test_a_segment_may_have_text_around_its_parameter() -> None:
    routes: Router[str] = Router()
    routes.add("GET", "/jobs/{id}", "poll")
    routes.add("POST", "/jobs/{id}:cancel", "cancel")
    routes.add("GET", "/jobs/file-{id}.csv", "file")
    assert routes.find("POST", "/jobs/7:cancel") == ("cancel", {"id": "7"})
    assert routes.find("GET", "/jobs/file-a%3Ab.csv") == ("file", {"id": "a%3Ab"})
    assert routes.find("GET", "/jobs/7") == ("poll", {"id": "7"})
    assert routes.find("GET", "/jobs/:cancel") == ("poll", {"id": ":cancel"})
    with pytest.raises(ConfigurationError, match="another operation has this path"):
        routes.add("POST", "/jobs/{other}:cancel", "again")


def test_path_taken_twice_is_a_fault(routes: Router[str]) -> None:
    with pytest.raises(ConfigurationError, match="another operation has this path"):
        routes.add("GET", "/d/{other}", "again")


@given(st.text(), st.text(min_size=1))
def test_any_path_leads_somewhere_or_is_refused(method: str, path: str) -> None:
    routes: Router[str] = Router()
    routes.add("GET", "/a/{a}/x/{b}", "x")
    try:
        _, values = routes.find(method, path)
    except ApiError as refusal:
        assert refusal.status in {404, 405}  # noqa: PT017
    else:
        assert all(values.values())
