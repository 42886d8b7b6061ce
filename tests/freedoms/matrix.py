"""Judges an independent server with some of its freedoms or bugs."""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import conformance
from conformance.settings import Effort, Settings
from tests.freedoms import clinicalone, energycap, talkdesk
from tests.freedoms.wire import Service, serving


@dataclass(frozen=True)
class Vendor:
    """A server and the target file that fits it."""

    service: type[Service]
    target: Callable[[Any], dict[str, Any]]


VENDORS = {
    "talkdesk": Vendor(talkdesk.Talkdesk, talkdesk.target),
    "clinicalone": Vendor(clinicalone.ClinicalOne, clinicalone.target),
    "energycap": Vendor(energycap.EnergyCap, energycap.target),
}


@dataclass(frozen=True)
class Outcome:
    """What a run said: requirement ids with their reasons, by verdict."""

    failed: dict[str, str]
    warned: dict[str, str]
    errors: dict[str, str]
    skipped: dict[str, str]
    passed: int
    exit_code: int
    seconds: float

    def __str__(self) -> str:
        rows = [f"FAIL {n}: {r}" for n, r in self.failed.items()]
        rows += [f"WARN {n}: {r}" for n, r in self.warned.items()]
        rows += [f"ERROR {n}: {r}" for n, r in self.errors.items()]
        head = f"exit {self.exit_code}, {self.passed} passed, {len(self.skipped)} skipped"
        return "\n      ".join([head, *(row.replace("\n", " ")[:230] for row in rows)])


def judge(
    vendor: str,
    options: frozenset[str] = frozenset(),
    profile: str = "documented",
    seed: int = 1,
    effort: Effort = Effort.DEFAULT,
) -> Outcome:
    """Run the suite on a server with these options."""
    part = VENDORS[vendor]
    service = part.service(options)
    with serving(service) as url, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.yaml"
        file.write_text(json.dumps(part.target(service)), encoding="utf-8")
        started = time.monotonic()
        settings = Settings(profile=profile, seed=seed, effort=effort)
        try:
            result = conformance.run(vendor, url, target=file, settings=settings)
        except Exception as error:
            crash = {"run": f"{type(error).__name__}: {error}"}
            return Outcome({}, {}, crash, {}, 0, 3, time.monotonic() - started)
        took = time.monotonic() - started
    by: dict[str, dict[str, str]] = {v: {} for v in ("FAIL", "WARN", "ERROR", "SKIP", "PASS")}
    for row in result.requirements:
        by[str(row.verdict)][row.requirement.id] = row.reason or ""
    return Outcome(
        by["FAIL"], by["WARN"], by["ERROR"], by["SKIP"], len(by["PASS"]), result.exit_code, took
    )
