"""axe-core finds nothing serious on the dashboard: three widths, light and dark, with dialogs."""

from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser._client import Client
from tests.browser._dashboard import Dashboard
from tests.clients._environments import Environments

SERIOUS = {"serious", "critical"}
RUN = "const done = arguments[arguments.length - 1]; axe.run().then(done)"


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    """The source of axe-core."""
    modules = Environments(pytestconfig.cache.mkdir("clients")).node_modules()
    return (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def findings(browser: Chrome, axe: str) -> list[tuple[str, list[Any]]]:
    """Return what is serious, each with the elements; the page's policy allows no other way in."""
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    found = browser.execute_async_script(RUN)["violations"]
    return [
        (row["id"], [node["target"] for node in row["nodes"]])
        for row in found
        if row["impact"] in SERIOUS
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_dashboard_has_no_serious_finding(
    client: Client, dashboard: Dashboard, axe: str, width: int, scheme: str
) -> None:
    job = client.create()
    client.get(f"{client.base_url}/nowhere")
    browser = dashboard.browser
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.set_window_size(width, 900)
    dashboard.open().await_state(job, "CREATED")
    dashboard.await_request("/nowhere", 404)
    assert findings(browser, axe) == []
    for opener in ("#faults", "#credentials"):
        dashboard.press(opener)
        dashboard.until(lambda: dashboard.find("#dialog").is_displayed())
        assert findings(browser, axe) == []
        dashboard.press(".dialog-head button")
