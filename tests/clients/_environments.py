"""Programs of other people, each installed from its registry into an environment of its own."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests._untested import missing

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
_NPM = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


@dataclass(frozen=True, slots=True)
class Environments:
    """Installs into `cache`, once for each content of a requirements or lock file."""

    cache: Path

    def python(self, package: str) -> Path:
        """Return the interpreter of a virtual environment with `requirements/<package>.txt`."""
        requirements = HERE / "requirements" / f"{package}.txt"
        with self._installing(package, requirements) as (home, fresh):
            interpreter = home / "bin" / "python"
            if fresh:
                pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
                pip += ["--python", str(interpreter), "install", "-qq", "-r", str(requirements)]
                _run(package, [sys.executable, "-m", "venv", "--without-pip", str(home)])
                _run(package, pip)
        return interpreter

    def node_modules(self) -> Path:
        """Return the `node_modules` folder with the packages of `package-lock.json`."""
        files = (HERE / "package.json", HERE / "package-lock.json")
        npm = program("npm", "npm")
        with self._installing("npm", *files) as (home, fresh):
            if fresh:
                home.mkdir()
                for file in files:
                    shutil.copy(file, home)
                _run("the npm packages", [npm, *_NPM], home)
        return home / "node_modules"

    @contextmanager
    def _installing(self, name: str, *files: Path) -> Iterator[tuple[Path, bool]]:
        """Yield an environment's folder and whether it is to be filled.

        Other test processes wait meanwhile.
        """
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
        digest.update(f"{sys.version} {sys.base_prefix}".encode())
        home = self.cache / f"{name}-{digest.hexdigest()[:12]}"
        installed = home / "installed"
        with home.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh = not installed.exists()
            if fresh:
                shutil.rmtree(home, ignore_errors=True)
            yield home, fresh
            installed.touch()


def program(command: str, package: str) -> str:
    """Return the path of a system program; report the test as not run without it."""
    return shutil.which(command) or missing(command, f"apt-get install {package}")


def _run(name: str, command: list[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        missing(name, f"cannot be installed here: {done.stderr.strip()[-500:]}")
