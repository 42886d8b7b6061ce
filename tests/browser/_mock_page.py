"""What all pages of the mock have in common for a test: finding, pressing, sizes, pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

SECONDS = 120  # a busy machine is no failure
PICTURES = Path(__file__).resolve().parents[2] / ".out"


class MockPage:
    """A page object of the mock at `control_url`."""

    def __init__(self, browser: Chrome, control_url: str) -> None:
        self.browser = browser
        self.control_url = control_url

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until `holds()` is true, and return it; what the page redraws is met again."""
        again = [StaleElementReferenceException]
        wait = WebDriverWait(self.browser, SECONDS, 0.05, ignored_exceptions=again)
        return wait.until(lambda _: holds())

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all such elements at one moment, seen or not."""
        script = "return [...document.querySelectorAll(arguments[0])].map((it) => it.textContent)"
        return [str(text) for text in self.browser.execute_script(script, selector)]

    def press(self, selector: str) -> None:
        self._at_once(lambda: self.find(selector).click())

    def choose(self, selector: str, value: str) -> None:
        self._at_once(lambda: Select(self.find(selector)).select_by_value(value))

    def _at_once(self, act: Callable[[], object]) -> None:
        """Do what is done to an element, again if the page redraws it between finding and doing."""

        def done() -> bool:
            try:
                act()
            except StaleElementReferenceException:
                return False
            return True

        self.until(done)

    def emulate(self, *, width: int, height: int, dark: bool = False) -> None:
        """Give the page a size, and a colour scheme that the user prefers."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def picture(self, name: str) -> Path:
        """Write what is seen to .out/."""
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"{name}.png"
        assert self.browser.save_screenshot(str(path))
        return path

    def complaints(self) -> list[str]:
        """Return what scripts and policies have put on the console since it was last asked.

        What the network refused is left out: the page has to tell it, and tests look for that.
        What the browser recommends of forms is left out too.
        """
        quiet = {"network", "recommendation"}
        rows: list[dict[str, Any]] = self.browser.get_log("browser")
        return [str(row["message"]) for row in rows if row["source"] not in quiet]

    def addresses(self) -> set[str]:
        """Return the origins that the page has fetched something from."""
        script = """return performance.getEntriesByType("resource")
            .map((entry) => new URL(entry.name).origin)"""
        return set(self.browser.execute_script(script))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        script = """const {scrollWidth, clientWidth} = document.documentElement;
            return scrollWidth - clientWidth"""
        return int(self.browser.execute_script(script))
