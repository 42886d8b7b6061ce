"""The second half of `make selftest`: the mock is judged in both profiles, on ten seeds."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from demo import BIN, mock

import specs

SEEDS = range(1, 11)


def judge(vendor: str, base: str, profile: str, seed: int) -> dict[str, int]:
    """Return how many requirements have each verdict."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "result.json"
        command = [str(BIN / "conformance"), "run", vendor, "--base-url", base]
        command += ["--control-url", f"{base}/_mock", "--profile", profile, "--seed", str(seed)]
        command += ["--report", f"json={report}"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        counts: dict[str, int] = json.loads(report.read_text(encoding="utf-8"))["counts"]
    return counts


def main() -> int:
    """Print a line a run; return 1 if the mock was accused of anything, else 0."""
    accused = 0
    for profile in specs.PROFILES:
        for seed in SEEDS:
            with mock("--profile", profile, "--seed", str(seed)) as base:
                for vendor in specs.vendors():
                    counts = judge(vendor, base, profile, seed)
                    accused += counts["FAIL"] + counts["ERROR"] + counts["WARN"]
                    told = "  ".join(f"{name} {number}" for name, number in counts.items())
                    print(f"mock  {profile:10}  seed {seed:2}  {vendor:12}{told}", flush=True)
    return 1 if accused else 0


if __name__ == "__main__":
    sys.exit(main())
