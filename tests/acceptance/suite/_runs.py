"""Runs of the suite against a spy: target files, secrets from an environment, a clock of ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import specs
from conformance.evaluation import Result
from conformance.http.adapter import WsgiAdapter
from conformance.runner import create_runner
from conformance.settings import Settings
from tests.acceptance.suite._spy import CONTROL, Spy
from tests.unit.conformance._clock import FakeClock


def target_file(folder: Path, vendor: str, **changes: Any) -> Path:
    """Write the vendor's built-in target file with changes; None removes a key."""
    content = yaml.safe_load((specs.fixtures() / vendor / "target.yaml").read_text())
    content |= changes
    path = folder / f"{vendor}.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}))
    return path


def judge(
    vendor: str,
    spy: Spy,
    *,
    file: Path | None = None,
    settings: Settings | None = None,
    control: bool = True,
    environment: Mapping[str, str] | None = None,
    clock: FakeClock | None = None,
    in_process: bool = False,
) -> Result:
    """Run the suite against a spy; it waits on a clock that never waits.

    `in_process` calls the spy instead of its server.
    """
    made = create_runner(
        vendor,
        spy.url,
        control_url=spy.url + CONTROL if control else None,
        target=file,
        settings=settings or Settings(),
        environment=environment or {},
    )
    made.clock = clock or FakeClock()
    if in_process:
        made.adapter = lambda url, hosts: WsgiAdapter(spy, url, *hosts)
    return made.run()
