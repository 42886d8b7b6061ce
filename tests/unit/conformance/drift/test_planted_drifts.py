"""Planted drifts are found and named by their requirement; one implementation has none."""

import os
import random
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import pytest

from conformance.drift import compare_results
from conformance.drift.comparison import Difference
from conformance.reference.defects import DEFECTS
from conformance.settings import Effort
from tests.unit.conformance.drift._runs import Wsgi, result_of

Wrap = Callable[[Wsgi], Wsgi]
VENDORS = ("clinicalone", "energycap", "talkdesk")
# Ten seeds with `HYPOTHESIS_PROFILE=search`: each takes two runs of the default effort.
SEEDS = range(1, 11 if os.environ.get("HYPOTHESIS_PROFILE") == "search" else 2)


@cache
def correct(vendor: str, effort: Effort = Effort.QUICK, seed: int = 1) -> Any:
    return result_of(vendor, effort=effort, seed=seed)


def differences(vendor: str, *switches: str, effort: Effort = Effort.QUICK, **more: Any) -> Any:
    other = result_of(vendor, switches, effort=effort, **more)
    return compare_results(correct(vendor, effort), other).differences


def named(found: Iterable[Difference]) -> set[str]:
    return {id_ for difference in found for id_ in difference.requirements}


PLANTED = (
    pytest.param("ec-exec-202", marks=pytest.mark.slow),
    pytest.param("ec-crash-exec-word", marks=pytest.mark.slow),
    "td-error-no-code",
)
# A run takes a second: those that do not hide one another are planted together.
TOGETHER = (
    ("td-id-number", "td-timezone-offset", "td-format-upper", "td-timespan-list"),
    ("td-status-mixed-case", "td-scope-401", "td-error-fields-map"),
    ("td-job-list", "td-unauthorised-403"),
    ("td-done-goes-back", "td-delete-twice", "td-file-csv-is-json"),
    ("td-processing-goes-back", "td-file-while-processing", "td-unknown-job-400"),
    ("td-failed-recovers", "td-file-once", "td-error-code-number"),
    ("td-redirect-early", "td-file-after-delete", "td-cancel-nothing"),
    ("td-location-self", "td-crash-failed", "td-list-page-shifted"),
)

# What only generated requests show.
OVERLOOKED = (
    ("td-name-cut",),
    ("c1-download-training-404",),
    ("ec-crash-group-long", "ec-crash-group-many"),
)


@pytest.mark.parametrize("defect", PLANTED)
def test_planted_drift_is_found_and_named(defect: str) -> None:
    found = differences(DEFECTS[defect].vendor, defect)
    assert named(found) & set(DEFECTS[defect].requirements)


@pytest.mark.slow
@pytest.mark.parametrize("defects", TOGETHER, ids="+".join)
def test_further_planted_drifts_are_found_and_named(defects: tuple[str, ...]) -> None:
    rows = {defect: set(DEFECTS[defect].requirements) for defect in defects}
    assert len(set().union(*rows.values())) == sum(map(len, rows.values()))
    found = named(differences("talkdesk", *defects))
    assert [defect for defect in defects if not found & rows[defect]] == []


@pytest.mark.parametrize(
    "vendor", [pytest.param(v, marks=[pytest.mark.slow] * (v != "talkdesk")) for v in VENDORS]
)
def test_two_runs_of_one_implementation_show_nothing(vendor: str) -> None:
    other = result_of(vendor, seed=2)
    assert other["behaviour"]["cases"]
    assert compare_results(correct(vendor), other).differences == ()


def failing(rate: float, seed: int) -> Wrap:
    """Answer some requests 500, as a gateway may do now and then."""
    chance = random.Random(seed)

    def wrap(app: Wsgi) -> Wsgi:
        def call(environ: Any, start: Any) -> Iterable[bytes]:
            if "_mock" in environ["PATH_INFO"] or chance.random() > rate:
                return app(environ, start)
            start("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]

        return call

    return wrap


def test_errors_by_chance_are_one_difference_of_their_requirement() -> None:
    flaky = result_of("talkdesk", wrap=failing(0.05, 1))
    (found,) = compare_results(correct("talkdesk"), flaky).differences
    assert (found.kind, found.requirements) == ("verdict", ("TD-NET-002",))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_two_runs_show_nothing_whatever_the_seed(vendor: str, seed: int) -> None:
    other = result_of(vendor, seed=seed + 1, effort=Effort.DEFAULT)
    assert compare_results(correct(vendor, Effort.DEFAULT, seed), other).differences == ()


@pytest.mark.slow
@pytest.mark.parametrize("defects", OVERLOOKED)
def test_what_quick_effort_overlooks_is_found_by_generated_requests(
    defects: tuple[str, ...],
) -> None:
    vendor = DEFECTS[defects[0]].vendor
    assert differences(vendor, *defects) == ()
    found = named(differences(vendor, *defects, effort=Effort.DEFAULT))
    assert not [defect for defect in defects if not found & set(DEFECTS[defect].requirements)]


# --- Drifts that no requirement forbids


@pytest.mark.slow
def test_slower_jobs_are_a_duration() -> None:
    found = differences("energycap", "ec-free-slow")
    (duration,) = (d for d in found if d.kind == "duration")
    assert duration.subject == "In Progress"
    assert duration.requirements


@pytest.mark.slow
def test_skipped_state_is_an_order() -> None:
    found = differences("talkdesk", "td-free-skip-processing", effort=Effort.DEFAULT)
    (order,) = (d for d in found if d.kind == "order")
    assert (order.a, order.b) == ("CREATED > PROCESSING > DONE", "CREATED > DONE")
    assert order.requirements


def changed(status: str, change: Callable[[bytes], bytes], **headers: str) -> Wrap:
    """Change body and headers of the vendor's responses with this status."""

    def wrap(app: Wsgi) -> Wsgi:
        def call(environ: Any, start: Any) -> Iterator[bytes]:
            seen: list[Any] = []
            body = b"".join(app(environ, lambda *given: seen.extend(given[:2])))
            line, fields = seen
            if line.startswith(status) and "_mock" not in environ["PATH_INFO"]:
                body = change(body)
                fields = [f for f in fields if f[0].lower() not in {"content-length", *headers}]
                fields += [*headers.items(), ("Content-Length", str(len(body)))]
            start(line, fields)
            yield body

        return call

    return wrap


@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        ("header value", changed("200", bytes, **{"cache-control": "max-age=60"})),
        ("error code", changed("404", lambda body: body.replace(b"not_found", b"no_such_job"))),
    ],
    ids=["header", "error-code"],
)
def test_change_of_a_response_is_named_by_what_it_is(kind: str, wrap: Wrap) -> None:
    found = differences("talkdesk", wrap=wrap)
    assert {d.kind for d in found} <= {kind, "header"}
    assert all(d.requirements for d in found)
    assert found
