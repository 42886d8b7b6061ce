"""The dashboard as a user meets it: what is on the page, and what can be pressed."""

from selenium.webdriver.remote.webelement import WebElement

from tests.browser._mock_page import MockPage


class Dashboard(MockPage):
    """A page object; every method that looks for something waits until it is there."""

    def open(self, sandbox: str = "") -> "Dashboard":
        """Load the page and wait until it has shown the jobs."""
        self.browser.get(f"{self.control_url}/#{sandbox}")
        self.until(lambda: self.find("#about").text != "")
        return self

    def job(self, job: str) -> WebElement:
        return self.find(f'[data-job="{job}"]')

    def shows(self, selector: str, text: str) -> bool:
        """Return whether an element has a text in it."""
        return text in self.find(selector).text

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
