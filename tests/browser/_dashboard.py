"""The dashboard as a user meets it: what is on the page, and what can be pressed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

SECONDS = 20
PICTURES = Path(__file__).resolve().parents[2] / ".out"


class Dashboard:
    """A page object; every method that looks for something waits until it is there."""

    def __init__(self, browser: Chrome, control_url: str) -> None:
        self.browser = browser
        self.origin = control_url.removesuffix("/_mock")

    def open(self, sandbox: str = "") -> "Dashboard":
        """Load the page and wait until it has shown the jobs."""
        self.browser.get(f"{self.origin}/_mock/#{sandbox}")
        self.until(lambda: self.find("#about").text != "")
        return self

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until `holds()` is true, and return what it was."""
        return WebDriverWait(self.browser, SECONDS, poll_frequency=0.05).until(lambda _: holds())

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all such elements at one moment, seen or not."""
        script = "return [...document.querySelectorAll(arguments[0])].map((it) => it.textContent)"
        return [str(text) for text in self.browser.execute_script(script, selector)]

    def press(self, selector: str) -> None:
        self.find(selector).click()

    def choose(self, selector: str, value: str) -> None:
        Select(self.find(selector)).select_by_value(value)

    def job(self, job: str) -> WebElement:
        return self.find(f'[data-job="{job}"]')

    def await_state(self, job: str, state: str) -> None:
        """Wait until the row of a job shows `state`."""
        self.until(lambda: self.all(f'[data-job="{job}"][data-state="{state}"]'))

    def strip(self, job: str) -> str:
        """Return the timeline of a job, in words."""
        return str(self.find(f'[data-job="{job}"] svg.strip').get_attribute("aria-label"))

    def await_request(self, what: str, status: int) -> WebElement:
        """Wait until the journal shows an operation (or a path) with a status; return the row."""

        def rows() -> list[WebElement]:
            script = """return [...document.querySelectorAll("#journal > li")].filter((row) =>
                row.querySelector(".what").textContent === arguments[0]
                && row.querySelector(".status").textContent === arguments[1])"""
            found: list[WebElement] = self.browser.execute_script(script, what, str(status))
            return found

        return self.until(rows)[0]

    def emulate(self, *, width: int, height: int, dark: bool = False) -> None:
        """Give the page a size, and a colour scheme that the user prefers."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def picture(self, name: str) -> Path:
        """Write what is seen to .out/."""
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"dashboard-{name}.png"
        assert self.browser.save_screenshot(str(path))
        return path

    def complaints(self) -> list[str]:
        """Return what scripts and policies have put on the console since it was last asked.

        What the network refused is left out: the page has to tell it, and tests look for that.
        """
        rows: list[dict[str, Any]] = self.browser.get_log("browser")
        return [str(row["message"]) for row in rows if row["source"] != "network"]

    def addresses(self) -> set[str]:
        """Return the origins that the page has fetched something from."""
        script = """return performance.getEntriesByType("resource")
            .map((entry) => new URL(entry.name).origin)"""
        return set(self.browser.execute_script(script))
