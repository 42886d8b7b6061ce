"""The dashboard, driven in a real browser."""

import json
import shlex
import subprocess
from functools import partial
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys

from mockserver.config import Settings
from mockserver.testing import MockServer
from tests.browser._client import TOKEN, Client
from tests.browser._dashboard import Dashboard

pytestmark = pytest.mark.slow

SEND = """const done = arguments[arguments.length - 1];
(async () => {{ const reply = {}; done([reply.status, await reply.text()]) }})()"""


def allow_downloads(dashboard: Dashboard, folder: Path) -> None:
    how = {"behavior": "allow", "downloadPath": str(folder)}
    dashboard.browser.execute_cdp_cmd("Browser.setDownloadBehavior", how)


def test_clock_moves_by_buttons_and_jobs_with_it(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    dashboard.open().await_state(job, "CREATED")
    assert dashboard.strip(job) == "now CREATED for 5 s, then PROCESSING for 25 s, then DONE"
    dashboard.press('[data-advance="PT10S"]')
    dashboard.await_state(job, "PROCESSING")
    dashboard.until(lambda: dashboard.find("#now").text == "09:00:10")
    dashboard.press("#next")
    dashboard.await_state(job, "DONE")
    dashboard.until(lambda: dashboard.find("#now").text == "09:00:30")
    dashboard.choose("#pace", "60")
    dashboard.until(lambda: dashboard.find("#now").text > "09:00:40")


def test_outcome_is_chosen_among_the_states_in_reach(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    client.advance("PT3S")
    dashboard.open().await_state(job, "CREATED")
    row = f'[data-job="{job}"]'
    dashboard.press(f"{row} summary")
    reach = ["PROCESSING", "UPLOADING", "DONE", "FAILED", "DELETED", "CANCELED"]
    assert dashboard.texts(f"{row} [data-outcome]") == reach
    dashboard.press(f'{row} [data-outcome="FAILED"]')
    dashboard.await_state(job, "FAILED")
    assert dashboard.strip(job) == "CREATED for 3 s, now FAILED"
    assert "by hand" in dashboard.job(job).text
    assert client.poll(job) == 200
    dashboard.until(lambda: not dashboard.find(f"{row} .menu").is_displayed())


def test_job_opens_into_its_way_through_all_states(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    dashboard.open().await_state(job, "CREATED")
    row = f'[data-job="{job}"]'
    dashboard.press(f"{row} .id")
    states = ["CREATED", "PROCESSING", "UPLOADING", "DONE", "FAILED", "DELETED", "CANCELED"]
    assert dashboard.texts(f"{row} .lane") == states
    assert dashboard.texts(f"{row} .lane.met") == ["CREATED", "PROCESSING", "DONE"]
    client.create()
    dashboard.press(f"{row} .links button")
    dashboard.until(lambda: len(dashboard.all("#journal > li")) == 1)
    dashboard.press("#journal-job")
    dashboard.until(lambda: len(dashboard.all("#journal > li")) == 2)


def test_file_of_a_job_is_shown_and_saved_whole(
    client: Client, dashboard: Dashboard, tmp_path: Path
) -> None:
    allow_downloads(dashboard, tmp_path)
    job = client.create()
    client.advance("PT1M")
    dashboard.open().await_state(job, "DONE")
    dashboard.press(f'[data-job="{job}"] .acts > button')
    dashboard.until(lambda: dashboard.texts("#dialog pre"))
    assert "," in dashboard.texts("#dialog pre")[0]
    dashboard.press("[data-save]")
    saved = dashboard.until(lambda: [*tmp_path.glob("*.csv")])[0]
    assert (
        saved.read_bytes()
        == client.get(f"{client.base_url}/data/reports/calls/files/{job}").content
    )


def shows_jobs_from(dashboard: Dashboard, start: int) -> bool:
    return f"Jobs {start} to" in dashboard.find("#jobs-place").text


def test_many_jobs_come_in_pages_and_are_searched(client: Client, dashboard: Dashboard) -> None:
    for number in range(120):
        client.create(name=f"Report {number}.")
    dashboard.open()
    dashboard.until(lambda: len(dashboard.all("#jobs > li")) == 50)
    for start in (51, 101):
        dashboard.press("#jobs-older")
        dashboard.until(partial(shows_jobs_from, dashboard, start))
    assert not dashboard.find("#jobs-older").is_enabled()
    dashboard.find("#jobs-search").send_keys("report 7.")
    dashboard.until(lambda: len(dashboard.all("#jobs > li")) == 1)
    assert "Report 7." in dashboard.texts("#jobs .meta")[0]
    dashboard.find("#jobs-search").send_keys("?")
    dashboard.until(lambda: "No job fits" in dashboard.find("#jobs-none").text)


def test_request_is_sent_again_by_its_snippets(client: Client, dashboard: Dashboard) -> None:
    client.create(name="It's one")
    dashboard.open().await_request("createReportJob", 202)
    dashboard.press("#journal .entry")
    dashboard.until(lambda: dashboard.all(".snippets pre"))
    command = shlex.split(dashboard.texts(".snippets pre")[0].replace("\\\n", " "))
    assert f"authorization: Bearer {TOKEN}" in command
    done = subprocess.run([*command, "-sS", "-w", "%{http_code}"], capture_output=True, check=True)
    assert done.stdout.endswith(b"202")
    dashboard.press(".snippets .kinds button:nth-child(2)")
    call = dashboard.texts(".snippets pre")[0]
    status, text = dashboard.browser.execute_async_script(SEND.format(call.rstrip(";")))
    assert (status, json.loads(text)["job"]["name"]) == (202, "It's one")


def test_journal_is_live_and_shows_exchanges_without_secrets(
    client: Client, dashboard: Dashboard
) -> None:
    dashboard.open()
    dashboard.until(lambda: dashboard.find("#journal-none").is_displayed())
    client.create()
    row = dashboard.await_request("createReportJob", 202)
    row.find_element("css selector", ".entry").click()
    dashboard.until(lambda: "[redacted]" in row.text)
    assert '"format": "csv"' in row.text
    assert TOKEN not in "".join(dashboard.texts("#journal dl, #journal section:not(.snippets)"))
    client.get(f"{client.base_url}/nowhere")
    dashboard.choose("#journal-status", "4XX")
    dashboard.await_request("/nowhere", 404)
    assert len(dashboard.all("#journal > li")) == 1
    dashboard.press("#journal-clear")
    dashboard.until(lambda: dashboard.all("#journal > li") == [])
    dashboard.until(lambda: dashboard.find("#journal-count").text == "0")


def test_journal_is_saved_as_the_filters_show_it(
    client: Client, dashboard: Dashboard, tmp_path: Path
) -> None:
    allow_downloads(dashboard, tmp_path)
    client.poll(client.create())
    dashboard.open().await_request("getReportJob", 200)
    dashboard.choose("#journal-method", "GET")
    dashboard.until(lambda: len(dashboard.all("#journal > li")) == 1)
    dashboard.press("#journal-save")
    saved = dashboard.until(lambda: [*tmp_path.glob("default*.har")])[0]
    entries = json.loads(saved.read_bytes())["log"]["entries"]
    assert [entry["_mock"]["operation"] for entry in entries] == ["getReportJob"]


def test_fault_is_set_played_and_taken_away(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    dashboard.open()
    dashboard.until(lambda: dashboard.find("#faults").is_displayed())
    dashboard.press("#faults")
    dashboard.until(lambda: dashboard.all(".fault-form"))
    dashboard.choose(".fault-form [name=kind]", "rate-limit")
    dashboard.choose(".fault-form [name=operation]", "getReportJob")
    dashboard.find(".fault-form [name=retry_after]").send_keys("7")
    dashboard.choose(".fault-form [name=vendor]", "talkdesk")
    dashboard.choose(".fault-form [name=method]", "GET")
    dashboard.find(".fault-form [name=nth]").send_keys("1")
    dashboard.find(".fault-form [name=probability]").send_keys("1")
    dashboard.find(".fault-form [name=id]").send_keys("busy")
    dashboard.press(".fault-form button")
    dashboard.until(lambda: dashboard.texts(".rules .tag") == ["rate-limit, valid"])
    [rule] = client.get(f"{client.base_url}/_mock/faults").json()["faults"]
    match = {"vendor": "talkdesk", "operation": "getReportJob", "method": "GET", "nth": 1}
    assert (rule["id"], rule["match"], rule["times"], rule["probability"]) == ("busy", match, 1, 1)
    assert rule["fault"] == {"kind": "rate-limit", "retry_after": 7}
    assert client.poll(job) == 429
    dashboard.press(".rules button")
    dashboard.until(lambda: not dashboard.all(".rules .tag"))
    dashboard.choose(".fault-form [name=kind]", "unknown-enum")
    dashboard.find(".fault-form [name=value]").send_keys("nonsense")
    dashboard.press(".fault-form button")
    dashboard.until(lambda: "JSON" in dashboard.find("#dialog-trouble").text)
    dashboard.press(".dialog-head button")
    dashboard.await_request("getReportJob", 429)
    assert dashboard.texts("#journal .fault") == ["rate-limit, valid"]


def test_sandbox_is_made_shown_and_deleted(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    dashboard.open().await_state(job, "CREATED")
    dashboard.press("#sandbox-new")
    dashboard.until(lambda: dashboard.all("[name=seed]"))
    dashboard.find("[name=seed]").send_keys("7")
    dashboard.choose("[name=mode]", "manual")
    dashboard.press("#dialog .fields button")
    name = dashboard.until(lambda: dashboard.browser.current_url.partition("#")[2])
    dashboard.until(lambda: dashboard.find("#sandbox").get_attribute("value") == name)
    dashboard.until(lambda: not dashboard.all(f'[data-job="{job}"]'))
    own = client.create(**{"X-Mock-Sandbox": name})
    dashboard.await_state(own, "CREATED")
    dashboard.press('[data-advance="PT1H"]')
    dashboard.await_state(own, "DONE")
    dashboard.press("#credentials")
    dashboard.until(lambda: f"{TOKEN}.{name}" in dashboard.texts("#dialog code"))
    dashboard.press(".dialog-head button")
    dashboard.press("#sandbox-delete")
    dashboard.press("[data-confirm]")
    dashboard.await_state(job, "CREATED")
    assert dashboard.find("#sandbox").get_attribute("value") == "default"
    assert client.get(f"{client.base_url}/_mock/sandboxes/{name}").status_code == 404


def test_sandbox_that_is_gone_gives_way_to_the_default_one(
    client: Client, dashboard: Dashboard
) -> None:
    job = client.create()
    dashboard.open("sb-gone").await_state(job, "CREATED")
    assert dashboard.find("#sandbox").get_attribute("value") == "default"


def test_faults_are_shown_as_they_are_played_and_gone_after_a_reset(
    client: Client, dashboard: Dashboard
) -> None:
    job = client.create()
    rule = {"fault": {"kind": "rate-limit"}, "times": 3}
    client.post(f"{client.base_url}/_mock/faults", json=rule).raise_for_status()
    dashboard.open().await_state(job, "CREATED")
    dashboard.until(lambda: dashboard.find("#faults-count").text == "1")
    dashboard.press("#faults")
    dashboard.until(lambda: "played 0 of 3" in dashboard.find("#dialog").text)
    client.get(f"{client.base_url}/data/reports/calls/jobs/{job}")
    dashboard.until(lambda: "played 1 of 3" in dashboard.find("#dialog").text)
    client.post(f"{client.base_url}/_mock/reset").raise_for_status()
    dashboard.until(lambda: dashboard.texts("#faults-count") == ["0"])
    dashboard.until(lambda: "No faults" in dashboard.find("#dialog").text)


def test_reset_asks_and_puts_all_back(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    client.advance("PT1H")
    dashboard.open().await_state(job, "DONE")
    dashboard.press("#reset")
    dashboard.press(".answers button:last-child")
    assert dashboard.all(f'[data-job="{job}"]')
    dashboard.press("#reset")
    dashboard.press("[data-confirm]")
    dashboard.until(lambda: not dashboard.all(f'[data-job="{job}"]'))
    dashboard.until(lambda: dashboard.find("#now").text == "09:00:00")
    dashboard.until(lambda: dashboard.all("#journal > li") == [])


def test_dashboard_tells_when_the_server_is_gone(mock: MockServer, dashboard: Dashboard) -> None:
    dashboard.open()
    mock.stop()
    dashboard.until(lambda: "does not answer" in dashboard.find("#trouble").text)


def test_what_clients_send_is_shown_as_text(client: Client, dashboard: Dashboard) -> None:
    attack = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'
    job = client.create(name=attack)
    client.get(f"{client.base_url}/{attack}?q={attack}", headers={"X-Note": attack})
    dashboard.open().await_state(job, "CREATED")
    dashboard.press(f'[data-job="{job}"] .id')
    for entry in dashboard.all("#journal .entry"):
        entry.click()
    dashboard.until(lambda: len(dashboard.all("#journal dl")) >= 2)
    assert attack in dashboard.job(job).text
    assert not dashboard.all("main img, main script")
    assert dashboard.browser.execute_script("return window.harmed ?? null") is None


def test_page_speaks_to_its_own_server_only(client: Client, dashboard: Dashboard) -> None:
    client.create()
    dashboard.open().await_request("createReportJob", 202)
    assert dashboard.addresses() == {dashboard.control_url.removesuffix("/_mock")}
    for link in [str(link.get_attribute("href")) for link in dashboard.all("#docs a")]:
        dashboard.browser.get(link)
        dashboard.until(lambda: dashboard.all(".swagger-ui .opblock"))
        assert dashboard.addresses() == {dashboard.control_url.removesuffix("/_mock")}


def test_keyboard_reaches_everything(client: Client, dashboard: Dashboard) -> None:
    job = client.create()
    dashboard.open().await_state(job, "CREATED")
    script = "return document.activeElement.id || document.activeElement.dataset.advance || ''"
    met: list[str] = []
    keys = ActionChains(dashboard.browser)
    while "reset" not in met and len(met) < 40:
        keys.send_keys(Keys.TAB).perform()
        met.append(str(dashboard.browser.execute_script(script)))
        if met[-1] == "PT10S":
            outline = "return getComputedStyle(document.activeElement).outlineStyle"
            assert dashboard.browser.execute_script(outline) == "solid"
            keys.send_keys(Keys.ENTER).perform()
    places = [met.index(name) for name in ("sandbox", "sandbox-new", "pace", "PT10S", "next")]
    assert places == sorted(places)
    dashboard.await_state(job, "PROCESSING")


@pytest.mark.parametrize(
    ("name", "width", "height", "dark"),
    [("light", 1280, 1000, False), ("dark", 1280, 1000, True), ("phone", 390, 1600, False)],
)
def test_pictures_for_the_eye(
    client: Client, dashboard: Dashboard, name: str, width: int, height: int, dark: bool
) -> None:
    for _ in range(3):
        job = client.create()
        client.advance("PT11S")
        client.poll(job)
    client.get(f"{client.base_url}/nowhere")
    dashboard.emulate(width=width, height=height, dark=dark)
    dashboard.open().await_request("/nowhere", 404)
    dashboard.press(f'[data-job="{job}"] .id')
    dashboard.until(lambda: dashboard.all(f'[data-job="{job}"] .staircase'))
    body = "return getComputedStyle(document.body).backgroundColor"
    bright = sum(map(int, dashboard.browser.execute_script(body)[4:-1].split(","))) > 380
    assert bright is not dark
    wide = """return [...document.querySelectorAll("html, .rows, dialog")]
        .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.id || it.tagName)"""
    assert dashboard.browser.execute_script(wide) == []
    assert dashboard.picture(f"dashboard-{name}").stat().st_size > 20_000


def test_dashboard_works_behind_a_token_and_says_what_was_forgotten(browser: Chrome) -> None:
    token = "mock-control-token"
    settings = Settings(port=0, control_token=token, max_journal=3)
    with MockServer(settings) as mock, Client(mock.base_url) as client:
        job = client.create()
        for _ in range(4):
            client.poll(job)
        address = mock.control_url.replace("://", f"://anybody:{token}@")
        dashboard = Dashboard(browser, address).open()
        dashboard.await_state(job, "CREATED")
        dashboard.press('[data-advance="PT1H"]')
        dashboard.await_state(job, "DONE")
        note = dashboard.find("#journal-note").text
        assert note.startswith("2 older requests are forgotten, so no upper bound can be verified")
        assert "--max-journal" in note
        assert dashboard.complaints() == []
