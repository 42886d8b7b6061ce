"""The package for JavaScript tests, packed as npm does it, without Node."""

import gzip
import json
import tarfile
from functools import cache
from io import BytesIO
from pathlib import Path

from mockserver.version import VERSION

_FOLDER = Path(__file__).parent
_SUFFIXES = frozenset({".js", ".json", ".md", ".ts"})


@cache
def pack() -> bytes:
    """Return the tarball for `npm install`: of the mock's version, and always the same bytes."""
    tarball = BytesIO()
    with tarfile.open(fileobj=tarball, mode="w") as archive:
        for path in sorted(_FOLDER.rglob("*")):
            if path.suffix in _SUFFIXES:
                content = _manifest() if path.name == "package.json" else path.read_bytes()
                member = tarfile.TarInfo(f"package/{path.relative_to(_FOLDER).as_posix()}")
                member.size = len(content)
                archive.addfile(member, BytesIO(content))
    return gzip.compress(tarball.getvalue(), mtime=0)


def write(folder: Path) -> Path:
    """Write the tarball into `folder`, under the name that `npm pack` gives it; return its path."""
    file = folder / f"{json.loads(_manifest())['name']}-{VERSION}.tgz"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pack())
    return file


def _manifest() -> bytes:
    manifest = json.loads((_FOLDER / "package.json").read_bytes())
    return json.dumps({**manifest, "version": VERSION}, indent=2).encode()
