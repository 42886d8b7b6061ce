"""Runs the suite on the independent servers: `python -m tests.freedoms [VENDOR] [OPTION ...]`.

With `--drop SHARE --runs N` it runs N times behind a proxy that drops a share of the connections,
each with another seed, and prints the verdicts that differ from those without the proxy.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.freedoms.matrix import VENDORS, Outcome, judge
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


def differences(
    vendor: str, options: frozenset[str], share: float, seeds: Sequence[int]
) -> Iterator[tuple[int, Outcome, dict[str, str]]]:
    """Yield each run behind the proxy: seed, outcome, and the verdicts that the proxy changed.

    Each request has a connection of its own, as by HTTP/1.0, so that the share is one of requests.
    """
    options |= {"http10"}
    plain = judge(vendor, options).verdicts
    for seed in seeds:
        outcome = judge(vendor, options, drops=Drops(share, seed))
        seen = outcome.verdicts
        changed = {id_: f"{plain[id_]} -> {seen[id_]}" for id_ in plain if plain[id_] != seen[id_]}
        yield seed, outcome, changed


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
            for row in differences(vendor, options, arguments.drop, range(arguments.runs)):
                _print_lossy(vendor, *row)
        return
    with ProcessPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        for line in pool.map(_line, _jobs(vendors, only)):
            print(line, flush=True)


def _print_lossy(vendor: str, seed: int, outcome: Outcome, changed: dict[str, str]) -> None:
    print(f"{vendor:12} seed {seed}  {len(changed)} changed, {outcome}", flush=True)
    for id_, verdicts in changed.items():
        print(f"      {id_}: {verdicts}", flush=True)


if __name__ == "__main__":
    main()
