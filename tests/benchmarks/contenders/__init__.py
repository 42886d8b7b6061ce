"""All contenders, in the order of the table."""

from collections.abc import Mapping

from tests.benchmarks.contender import Recipe
from tests.benchmarks.contenders import ceiling, mockoon, ours, prism, specmatic, wiremock

RECIPES: Mapping[str, Recipe] = {
    "mockserver": ours.prepare,
    "WireMock": wiremock.prepare,
    wiremock.BARE: wiremock.prepare_bare,
    "Prism": prism.prepare,
    "Specmatic": specmatic.prepare,
    "Mockoon": mockoon.prepare,
    "Starlette": ceiling.prepare,
}
