"""The peers that come from npm, installed by the committed lock into a cache of ours."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from tests.benchmarks.errors import UnavailableError
from tests.benchmarks.say import step

_HERE = Path(__file__).parent
_FILES = ("package.json", "package-lock.json")
# Install scripts of the peers report to their makers; none of the peers needs one.
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def install(cache: Path) -> Path:
    """Return the `node_modules` with the pinned peers; install it if the lock has changed.

    Raises:
        UnavailableError: npm is missing or could not install them.
    """
    modules, mark = cache / "node_modules", cache / "installed"
    if mark.exists() and mark.read_text("ascii") == wanted():
        return modules
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("npm is not on the PATH (Debian: apt-get install npm)")
    step(f"installing the peers into {cache} (once, about a minute)")
    cache.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(_HERE / name, cache)
    done = subprocess.run([npm, *_INSTALL], cwd=cache, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"npm could not install it: {done.stderr.strip()}")
    mark.write_text(wanted(), "ascii")
    return modules


def wanted() -> str:
    """The digest of what is to be installed."""
    return hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _FILES)).hexdigest()


def version(modules: Path, package: str) -> str:
    """The version of an installed package."""
    text = (modules / package / "package.json").read_text("utf-8")
    return str(json.loads(text)["version"])


def program(name: str, hint: str) -> str:
    """The path of a system program; raises UnavailableError with the hint if it is missing."""
    if found := shutil.which(name):
        return found
    raise UnavailableError(f"{name} is not on the PATH ({hint})")
