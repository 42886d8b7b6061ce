"""Results of runs on the reference app in this process, with planted drifts."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.reference.app import create_app
from conformance.report.json_report import to_data
from conformance.runner import create_runner
from conformance.settings import Effort, Settings

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
