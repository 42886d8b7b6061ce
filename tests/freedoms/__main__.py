"""Runs the suite on the independent servers: `python -m tests.freedoms [VENDOR] [OPTION ...]`.

With `--drop SHARE --runs N` it runs N times behind a proxy that drops a share of the connections,
each with another seed, and prints the verdicts that differ from those without the proxy.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor

from tests.freedoms.matrix import VENDORS, judge
from tests.freedoms.wire import BUGS, FREEDOMS, Drops


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


def _print_lossy(vendor: str, options: frozenset[str], share: float, runs: int) -> None:
    """Judge a server behind the proxy; each request has a connection of its own (HTTP/1.0)."""
    plain = judge(vendor, options | {"http10"}).verdicts
    for seed in range(runs):
        outcome = judge(vendor, options | {"http10"}, drops=Drops(share, seed))
        seen = outcome.verdicts
        changed = [f"{i}: {plain[i]} -> {seen[i]}" for i in plain if plain[i] != seen[i]]
        head = (
            f"{vendor:12} seed {seed}  {outcome.dropped} dropped, {len(changed)} verdicts changed"
        )
        print("\n      ".join([f"{head}, {outcome}", *changed]), flush=True)


def main() -> None:
    """Print a line for each server with one of its options, or for each lossy run."""
    parser = argparse.ArgumentParser(prog="python -m tests.freedoms", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="VENDOR or OPTION[+OPTION]")
    parser.add_argument("--drop", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--runs", type=int, default=10, metavar="N")
    arguments = parser.parse_args()
    vendors = [name for name in arguments.names if name in VENDORS] or list(VENDORS)
    only = [name for name in arguments.names if name not in VENDORS]
    if arguments.drop:
        options = frozenset(part for name in only for part in name.split("+"))
        for vendor in vendors:
            _print_lossy(vendor, options, arguments.drop, arguments.runs)
        return
    with ProcessPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        for line in pool.map(_line, _jobs(vendors, only)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
