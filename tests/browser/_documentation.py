"""A documentation page as a user meets it: operations that open, forms that are sent."""

from tests.browser._mock_page import MockPage


class Documentation(MockPage):
    """A page object; what is asked for of a method is done to the first operation of it."""

    def show(self, name: str) -> None:
        """Load the page of an API and wait until its operations are there."""
        self.browser.get(f"{self.control_url}/docs/{name}/")
        self.until(lambda: self.all(".opblock"))

    def open_operation(self, method: str) -> None:
        self._press_first(f".opblock-{method} .opblock-summary-control")
        self.until(lambda: self.all(f".opblock-{method}.is-open .opblock-body"))

    def try_out(self, method: str) -> str:
        """Send the request that the form has by itself; return the status of its response."""
        block = f".opblock-{method}.is-open"
        self._press_first(f"{block} .try-out__btn")
        self.until(lambda: self.all(f"{block} .execute"))
        self._press_first(f"{block} .execute")
        status = f"{block} .live-responses-table .response-col_status"
        return str(self.until(lambda: self.texts(f"{status}:not(.col_header)"))[0])

    def open_schemas(self) -> None:
        self._press_first(".models-control")
        self.until(lambda: self.all(".models.is-open .model-container"))
        self._press_first(".model-container .model-box-control")

    def open_credentials(self) -> None:
        self._press_first(".btn.authorize")
        self.until(lambda: self.all(".modal-ux"))

    def _press_first(self, selector: str) -> None:
        # What is pressed may lie below the window, or be moved by what opens above it.
        self.browser.execute_script("document.querySelector(arguments[0]).click()", selector)
