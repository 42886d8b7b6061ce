"""A real Chromium for a test, driven through its own driver and talking to nobody else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver

from tests._untested import missing

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # containers run the tests as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The address bar's pop-up is a page of its own in each window, drawn without end.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
    "--force-color-profile=srgb",
    "--window-size=1280,900",
)


def find_chromium() -> str:
    """Return the path of Chromium; report the test as not run without it."""
    found = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    return found or missing("Chromium", "apt-get install chromium")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A headless Chromium for all tests of a process: starting one takes longer than most tests."""
    find_chromium()
    if shutil.which("chromedriver") is None:
        missing("Chromium's driver", "apt-get install chromium-driver")
    with chromium_at(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome


@contextmanager
def chromium_at(profile: Path) -> Iterator[webdriver.Chrome]:
    """A headless Chromium for the length of a `with` block; its files go to `profile`."""
    options = _options(find_chromium(), profile)
    # With the driver's path given, Selenium looks for none and downloads nothing.
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    chrome = webdriver.Chrome(options=options, service=service)
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """A new window of Chromium, without cookies, cache and console of the test before."""
    first = chromium.current_window_handle
    chromium.get_log("browser")
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Network.clearBrowserCache", {})
    chromium.switch_to.new_window("window")
    chromium.set_window_size(1280, 900)
    try:
        yield chromium
    finally:
        for window in set(chromium.window_handles) - {first}:
            chromium.switch_to.window(window)
            chromium.close()
        chromium.switch_to.window(first)
        chromium.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "default"})


def _options(program: str, profile: Path) -> webdriver.ChromeOptions:
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    # Keeps console errors, so a test can insist that there were none.
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options
