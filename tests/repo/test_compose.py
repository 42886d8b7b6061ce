"""The page for several machines: compose.yaml says nothing that the server does not know."""

import re
from typing import Any

from mockserver.config import OPTIONS, Settings
from tests._balancer import compose

COMPOSE = compose()
MOCK = COMPOSE["services"]["mock"]


def _filled(value: Any) -> str:
    """Return a value as compose fills it in, where MOCK_TOKEN is told and nothing else."""
    filled = re.sub(r"\$\{MOCK_TOKEN:[^}]*\}", "mock-control-token", str(value))
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", filled)


def test_every_variable_is_a_setting_with_a_value_that_works() -> None:
    known = {option.variable: option for option in OPTIONS}
    assert set(MOCK["environment"]) <= set(known)
    given: dict[str, Any] = {
        known[name].name: (type(known[name].default) if known[name].default else str)(
            _filled(value)
        )
        for name, value in MOCK["environment"].items()
    }
    settings = Settings(**given)
    assert settings.store.startswith("postgresql://mock:")
    assert (settings.host, settings.port) == ("0.0.0.0", 4010)
    assert settings.workers > 1


def test_nobody_starts_it_without_a_token_of_his_own() -> None:
    assert MOCK["environment"]["MOCKSERVER_CONTROL_TOKEN"].startswith("${MOCK_TOKEN:?")


def test_the_balancer_leads_to_the_port_and_changes_nothing() -> None:
    page = COMPOSE["configs"]["nginx"]["content"]
    assert "server mock:4010 " in page
    assert "ip_hash" not in page  # any server answers any request
    assert re.search(r"proxy_pass http://mocks;", page)  # without a path, paths stay as they came
    assert "4010/_mock/health" in MOCK["healthcheck"]["test"][-1]


def test_the_balancer_is_reached_from_this_machine_alone() -> None:
    assert all(row.startswith("127.0.0.1:") for row in COMPOSE["services"]["balancer"]["ports"])
    assert "ports" not in MOCK
