"""Fixtures of one's own in a folder, and the repository that a server makes of them."""

from functools import cache
from pathlib import Path

import specs
from mockserver.faults.labels import LabelPredictor
from mockserver.faults.parser import FaultRuleParser
from mockserver.openapi.schemas import Schemas
from mockserver.scenarios import Seed
from mockserver.scenarios.files import FixturePaths
from mockserver.scenarios.parser import ScenarioParser
from mockserver.scenarios.repository import FixtureRepository
from mockserver.vendors import Vendor, registry
from tests.unit.mockserver.compiled import api_of
from tests.unit.mockserver.vendor_harness import contract_of, make_sandbox

MINE = "vendor: talkdesk\nsummary: Mine.\njobs: [{stuck: PROCESSING}]\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@cache
def vendors_of(profile: str) -> dict[str, Vendor]:
    return {name: registry.create(contract_of(name, profile)) for name in specs.vendors()}


def open_repository(
    fixtures: Path | None = None,
    scenarios: Path | None = None,
    profile: str = specs.DOCUMENTED,
) -> FixtureRepository:
    """Return the fixture repository of a server, without the server."""

    def check(vendor: str, seed: Seed) -> None:
        vendors_of(profile)[vendor].seeds.load(make_sandbox(profile=profile), seed)

    contracts = {name: contract_of(name, profile) for name in specs.vendors()}
    folders = FixturePaths(specs.fixtures(), fixtures, scenarios, tuple(contracts))
    repository = FixtureRepository(folders, contracts, check)
    parties = {name: api_of(name, profile) for name in contracts}
    schemas = Schemas(specs.load_control())
    rules = FaultRuleParser(
        schemas, contracts, repository.roles, LabelPredictor(parties), 30_000, lambda _: True
    )
    repository.open(ScenarioParser(contracts, rules))
    return repository
