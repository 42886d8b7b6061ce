"""Results of runs on the reference app in this process, with planted drifts."""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from conformance import cli
from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.reference.app import create_app
from conformance.report.json_report import to_data
from conformance.runner import create_runner
from conformance.settings import Effort, Settings

EXAMPLES = Path(__file__).parents[3] / "examples"
URL = "http://127.0.0.1:8080"
Wsgi = Callable[..., Any]


def result_of(
    vendor: str,
    switches: Collection[str] = (),
    *,
    seed: int = 1,
    effort: Effort = Effort.QUICK,
    wrap: Callable[[Wsgi], Wsgi] = lambda app: app,
) -> Mapping[str, Any]:
    """Return the result of a run, as `--report json` has it; `wrap` changes the app's answers."""
    app = wrap(create_app(defects=switches, seed=1).wsgi_app)
    runner = create_runner(
        vendor,
        URL,
        control_url=f"{URL}/_mock",
        settings=Settings(seed=seed, effort=effort),
        environment={},
    )
    runner.clock = SkippingClock()
    runner.adapter = lambda url, hosts: WsgiAdapter(app, url, *hosts)
    return to_data(runner.run())


def suggested(tmp_path: Path, *results: Mapping[str, Any], options: tuple[str, ...] = ()) -> Path:
    """Return the folder in which the command writes for the results A and B."""
    files = []
    for name, data in zip("ab", results, strict=True):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(data), encoding="utf-8")
    folder = tmp_path / "out"
    arguments = ["compare", *map(str, files), "--vendors", str(EXAMPLES), "--suggest", str(folder)]
    done = CliRunner().invoke(cli.main, [*arguments, *options])
    assert done.exit_code == 0, done.output
    return folder


# --- Results without a run

ORDERS = {"CREATED > PROCESSING > DONE": 1}


def result(**behaviour: Any) -> dict[str, Any]:
    """A result of Talkdesk without any requirement judged."""
    counts = dict.fromkeys(("PASS", "SKIP", "WARN", "ERROR", "FAIL"), 0)
    empty: dict[str, list[str]] = {"seen": [], "not_seen": []}
    jobs = {"watched": True, "orders": ORDERS, "seconds": {}}
    return {
        "vendor": "talkdesk", "profile": "documented", "base_url": "http://127.0.0.1:1",
        "seed": 1, "verdict": "PASS", "counts": counts, "requirements": [],
        "coverage": {"states": empty, "edges": empty, "operations": {}},
        "requests": {"total": 0, "purposes": {}}, "notes": [],
        "judged": {"musts": 0, "judged": 0, "not_judged": {}, "untried": [], "summary": ""},
        "behaviour": {"cases": [], "responses": [], "jobs": jobs, **behaviour},
    }  # fmt: skip


def case(request: str, **outcomes: int) -> dict[str, Any]:
    found = {name.removeprefix("_"): number for name, number in outcomes.items()}
    return {"operation": "getReportJob", "request": request, "outcomes": found}


def response(members: Mapping[str, Any], objects: int = 4, **more: Any) -> dict[str, Any]:
    return {
        "operation": "getReportJob", "status": 200, "state": "DONE", "responses": objects,
        "headers": {}, "bodies": {"JSON object": objects},
        "objects": {"": objects, "/job": objects}, "members": dict(members), **more,
    }  # fmt: skip


def strings(count: int, form: str = "text") -> dict[str, Any]:
    return {"types": {"string": count}, "forms": {form: count}}


def seconds(least: float, most: float) -> dict[str, Any]:
    row = {"least": least, "most": most, "jobs": 1, "varies": False}
    return {"watched": True, "orders": ORDERS, "seconds": {"PROCESSING": row}}
