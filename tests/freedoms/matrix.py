"""Judges an independent server with some of its freedoms or bugs."""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from tests.freedoms import clinicalone, energycap, talkdesk
from tests.freedoms.wire import Drops, Service, serving


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


# What departs from a should, or from what only other pages or clients say: it may be a WARN.
# Without options a server departs from nothing.
DEPARTURES: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "talkdesk": {
            # Its refusals of a creation are those of the status page: no description.
            "terse": frozenset({"TD-NEW-016"}),
            "created_201": frozenset({"TD-NEW-002"}),
            "status_only": frozenset({"TD-NEW-004"}),
            "surrogate": frozenset({"TD-NEW-007"}),
        },
        "clinicalone": {
            "octets": frozenset({"C1-DL-005"}),
            "bare_file": frozenset({"C1-DL-005"}),
            "early_409": frozenset({"C1-DL-016"}),
            "objects_only": frozenset({"C1-KICK-014"}),
            "no_disposition": frozenset({"C1-DL-003"}),
            "lax": frozenset(f"C1-KICK-{n:03}" for n in (11, 18, 19, 23)),
            "empty": frozenset({"C1-KICK-004"}),
            "wrapped_log": frozenset({"C1-KICK-004"}),
        },
        "energycap": {
            "refused_403": frozenset(f"EC-AUTH-{n:03}" for n in (8, 9, 12, 13, 14, 15, 16)),
            "dates": frozenset({"EC-LOG-003", "EC-LOG-016"}),
            "same_case": frozenset({"EC-GRP-019"}),
            "strict_type": frozenset({"EC-EXEC-014"}),
            "loose_type": frozenset({"EC-GRP-016", "EC-EXEC-013"}),
            "codes_twice": frozenset({"EC-GRP-020"}),
        },
    }
)


@dataclass(frozen=True)
class Outcome:
    """What a run said: requirement ids with their reasons, by verdict."""

    failed: dict[str, str]
    warned: dict[str, str]
    errors: dict[str, str]
    skipped: dict[str, str]
    passed: frozenset[str]
    exit_code: int
    seconds: float
    dropped: int = 0
    requests: int = 0
    waited: float = 0.0

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict by requirement id."""
        verdicts = {"FAIL": self.failed, "WARN": self.warned, "ERROR": self.errors}
        verdicts |= {"SKIP": self.skipped, "PASS": dict.fromkeys(self.passed, "")}
        return {id_: verdict for verdict, rows in verdicts.items() for id_ in rows}

    def __str__(self) -> str:
        rows = [f"FAIL {n}: {r}" for n, r in self.failed.items()]
        rows += [f"WARN {n}: {r}" for n, r in self.warned.items()]
        rows += [f"ERROR {n}: {r}" for n, r in self.errors.items()]
        head = f"exit {self.exit_code}, {len(self.passed)} passed, {len(self.skipped)} skipped"
        return "\n      ".join([head, *(row.replace("\n", " ")[:230] for row in rows)])


def judge(
    vendor: str,
    options: frozenset[str] = frozenset(),
    profile: str = "documented",
    seed: int = 1,
    effort: Effort = Effort.DEFAULT,
    only: frozenset[str] = frozenset(),
    drops: Drops | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Outcome:
    """Run the suite on a server with these options, behind a lossy proxy if there are `drops`.

    `more` are keys of the target file beside those that fit the server.
    """
    part = VENDORS[vendor]
    service = part.service(options)
    with serving(service, drops) as url, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.yaml"
        file.write_text(json.dumps(part.target(service) | dict(more)), encoding="utf-8")
        started = time.monotonic()
        settings = Settings(profile=profile, seed=seed, effort=effort, only=only)
        try:
            runner = create_runner(vendor, url, target=file, settings=settings)
            runner.clock = service.clock
            runner.fail_fast = True
            result = runner.run()
        except Exception as error:
            crash = {"run": f"{type(error).__name__}: {error}"}
            return Outcome({}, {}, crash, {}, frozenset(), 3, time.monotonic() - started)
        took = time.monotonic() - started
    by: dict[str, dict[str, str]] = {v: {} for v in ("FAIL", "WARN", "ERROR", "SKIP", "PASS")}
    for row in result.requirements:
        by[str(row.verdict)][row.requirement.id] = row.reason or ""
    return Outcome(
        by["FAIL"],
        by["WARN"],
        by["ERROR"],
        by["SKIP"],
        frozenset(by["PASS"]),
        result.exit_code,
        took,
        service.dropped(),
        service.served,
        service.waited,
    )
