"""Runs the suite on the independent servers: `python -m tests.freedoms [VENDOR] [OPTION ...]`."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.freedoms.matrix import VENDORS, judge
from tests.freedoms.wire import BUGS, FREEDOMS


def _line(job: tuple[str, tuple[str, ...], str]) -> str:
    vendor, options, profile = job
    outcome = judge(vendor, frozenset(options), profile)
    return f"{vendor:12} {'+'.join(options) or 'plain':28} {outcome.seconds:5.1f} s {outcome}"


def _jobs(vendors: list[str], only: list[str]) -> list[tuple[str, tuple[str, ...], str]]:
    rows: list[tuple[str, tuple[str, ...], str]] = []
    for vendor in vendors:
        service = VENDORS[vendor].service
        names = only or ["", *FREEDOMS, *service.FREEDOMS, *BUGS, *service.BUGS]
        rows += [(vendor, tuple(n for n in name.split("+") if n), _profile(name)) for name in names]
    return rows


def _profile(name: str) -> str:
    return "observed" if {"lower_case", "see_other"} & set(name.split("+")) else "documented"


def main() -> None:
    """Print a line for each server with one of its options."""
    vendors = [name for name in sys.argv[1:] if name in VENDORS] or list(VENDORS)
    only = [name for name in sys.argv[1:] if name not in VENDORS]
    with ProcessPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        for line in pool.map(_line, _jobs(vendors, only)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
