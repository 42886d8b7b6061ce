"""The control plane's operation on scenarios."""

from collections.abc import Mapping
from typing import Any

from mockserver.exchange import Call, Reply
from mockserver.party import Handler
from mockserver.scenarios.library import Library
from mockserver.scenarios.scenario import Scenario


def handlers(library: Library) -> Mapping[str, Handler]:
    """Return the handlers by operationId."""

    def show(call: Call) -> Reply:
        vendor = call.query.get("vendor")
        found = [row for row in library.scenarios() if vendor in (None, row.vendor)]
        return Reply(200, {"scenarios": [*map(_view, found)]})

    return {"listMockScenarios": show}


def _view(scenario: Scenario) -> dict[str, Any]:
    return {
        "vendor": scenario.vendor,
        "name": scenario.name,
        "summary": scenario.summary,
        "parts": scenario.parts,
        "builtin": scenario.builtin,
    }
