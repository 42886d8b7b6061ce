"""The npm package in a project of its own, and the types that are generated from the contracts.

`python -m tests.clients._javascript` writes the types into `mockserver/javascript/contracts`.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import orjson
import yaml

from mockserver.control.pages import JAVASCRIPT
from specs.files import CONTROL, DOCUMENTED, OBSERVED, read_openapi, vendors
from tests.clients._environments import PROGRAMS, program

TYPES = JAVASCRIPT / "contracts"


@dataclass(frozen=True, slots=True)
class Project:
    """A project that has installed the package from a mock; its programs run there."""

    folder: Path

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the project, or node."""
        binary = self.folder / "node_modules" / ".bin" / command[0]
        first = str(binary) if binary.exists() else program(command[0], "nodejs")
        return subprocess.run(
            (first, *command[1:]),
            cwd=self.folder,
            env={**os.environ, "NO_PROXY": "*", **variables},
            capture_output=True,
            text=True,
            check=False,
        )


def make_project(folder: Path, node_modules: Path, base_url: str) -> Project:
    """Return a project in `folder` with the package of a mock and the tools of `node_modules`."""
    shutil.copytree(PROGRAMS / "javascript", folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    project = Project(folder)
    done = project.run("npm", "install", f"{base_url}/_mock/javascript.tgz")
    assert done.returncode == 0, done.stderr
    installed = folder / "node_modules"
    for path in (*node_modules.glob("*"), node_modules / ".bin"):
        if not (installed / path.name).exists():
            (installed / path.name).symlink_to(path)
    return project


def generate_types(tool: Path, folder: Path) -> dict[str, str]:
    """Return the text of each declaration file, by name, as openapi-typescript writes it."""
    apis = {}
    for name, document in _documents().items():
        (folder / f"{name}.json").write_bytes(orjson.dumps(document))
        apis[name] = {"root": f"{name}.json", "x-openapi-ts": {"output": f"{name}.d.ts"}}
    (folder / "redocly.yaml").write_text(yaml.safe_dump({"apis": apis}), encoding="utf-8")
    subprocess.run([tool, "--redocly", "redocly.yaml"], cwd=folder, check=True, capture_output=True)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.d.ts")}


def _documents() -> dict[str, object]:
    documents: dict[str, object] = {CONTROL: read_openapi(CONTROL, DOCUMENTED)}
    for vendor in vendors():
        documents[vendor] = read_openapi(vendor, DOCUMENTED)
        documents[f"{vendor}-{OBSERVED}"] = read_openapi(vendor, OBSERVED)
    return documents


def main() -> None:
    """Write the types."""
    import tempfile

    from tests.clients.conftest import installed_clients

    tool = installed_clients().node_modules() / ".bin" / "openapi-typescript"
    with tempfile.TemporaryDirectory() as folder:
        for name, content in generate_types(tool, Path(folder)).items():
            (TYPES / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
