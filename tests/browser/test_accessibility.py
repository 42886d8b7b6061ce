"""axe-core finds nothing serious on any page: three widths, light and dark, with what opens.

The long pages of the documentation, which share a style sheet, are looked at in turn: one at the
least width in light and at the greatest in dark, the next the other way round.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

import specs
from conformance.report import html_report
from mockserver.testing import MockServer
from tests.browser._client import Client
from tests.browser._dashboard import Dashboard
from tests.browser._documentation import Documentation
from tests.clients.conftest import installed_clients
from tests.unit.conformance._results import result

SERIOUS = {"serious", "critical"}
WIDTHS = (390, 820, 1440)
LIGHT, DARK = "light", "dark"
VIEWS = (((390, LIGHT), (1440, DARK)), ((390, DARK), (1440, LIGHT)))
DOCUMENTED = (*specs.vendors(), "control")
# What passes is counted only: to describe each element of it takes half of the time.
RUN = """const done = arguments[arguments.length - 1];
    axe.run(arguments[0], {resultTypes: ["violations"]}).then(done)"""


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    folder = installed_clients().node_modules() / "axe-core"
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def findings(browser: Chrome, axe: str, within: str = "html") -> list[tuple[str, list[Any]]]:
    """Return what is serious, each with the elements; the page's policy allows no other way in."""
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    found = browser.execute_async_script(RUN, within)["violations"]
    return [
        (row["id"], [node["target"] for node in row["nodes"]])
        for row in found
        if row["impact"] in SERIOUS
    ]


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_dashboard_has_no_serious_finding(
    client: Client, dashboard: Dashboard, axe: str, width: int
) -> None:
    job = client.create()
    client.get(f"{client.base_url}/nowhere")

    def in_both_schemes() -> list[Any]:
        found = []
        for dark in (False, True):
            dashboard.emulate(width=width, height=900, dark=dark)
            found += findings(dashboard.browser, axe)
        return found

    dashboard.emulate(width=width, height=900)
    dashboard.open().await_state(job, "CREATED")
    dashboard.await_request("/nowhere", 404)
    assert in_both_schemes() == []
    for opener in ("#faults", "#credentials"):
        dashboard.press(opener)
        dashboard.until(lambda: dashboard.find("#dialog").is_displayed())
        assert in_both_schemes() == []
        dashboard.press(".dialog-head button")


def serious_everywhere(
    page: Documentation, axe: str, name: str, within: str = "html"
) -> dict[str, Any]:
    """Return what is serious by width and scheme, and how much the page is wider than its window.

    Empty where nothing is wrong.
    """
    assert page.complaints() == []
    wrong: dict[str, Any] = {}
    for width in WIDTHS:
        page.emulate(width=width, height=900, dark=False)
        if (overflow := page.overflow()) > 0:
            wrong[str(width)] = overflow
    for width, scheme in VIEWS[DOCUMENTED.index(name) % 2]:
        page.emulate(width=width, height=900, dark=scheme == DARK)
        if found := findings(page.browser, axe, within):
            wrong[f"{width} {scheme}"] = found
    page.complaints()  # that axe-core may add no style sheet of its own
    return wrong


@pytest.fixture
def documentation(browser: Chrome, mock: MockServer) -> Iterator[Documentation]:
    """A page whose console has nothing to say, of its policy or else, before axe-core comes in."""
    page = Documentation(browser, mock.control_url)
    yield page
    assert page.complaints() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTED)
def test_documentation_has_no_serious_finding(
    documentation: Documentation, axe: str, name: str
) -> None:
    documentation.show(name)
    for method in ("get", "post"):
        documentation.open_operation(method)
        documentation.try_out(method)
    documentation.open_schemas()
    # What was there before something opened still is, so one pass judges both.
    assert serious_everywhere(documentation, axe, name) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", specs.vendors())
def test_dialog_of_credentials_has_no_serious_finding(
    documentation: Documentation, axe: str, name: str
) -> None:
    documentation.show(name)
    documentation.open_credentials()
    assert serious_everywhere(documentation, axe, name, ".modal-ux") == {}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_report_has_no_serious_finding_and_is_not_wider_than_the_window(
    browser: Chrome, axe: str, tmp_path: Path, scheme: str
) -> None:
    page = tmp_path / "report.html"
    page.write_text(html_report.render(result()), encoding="utf-8")
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    for width in WIDTHS:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(page.as_uri())
        assert findings(browser, axe) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
