"""A fresh environment of Python that borrows what pip would fetch, and pip, from the tests'."""

import os
import sysconfig
import venv
from pathlib import Path

from specs import lint_cache

BORROWED = Path(sysconfig.get_path("purelib"))
QUICK_STARTS = {
    lint_cache.VARIABLE: os.environ.get(lint_cache.VARIABLE, ""),
    "HYPOTHESIS_NO_PLUGINS": "1",
}
"""Variables that spare our programs seconds: the lint, and what Hypothesis finds beside it."""


def make_environment(folder: Path, *, installed: bool = False) -> None:
    """Create it; `pip` installs into it. A pip of its own would take most of the time.

    If `installed`, the package of this checkout is borrowed too.
    """
    venv.create(folder, with_pip=False)
    site = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
    borrowed = f"import site; site.addsitedir({str(BORROWED)!r})" if installed else str(BORROWED)
    Path(site, "borrowed.pth").write_text(borrowed, encoding="utf-8")
    pip = folder / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec {folder}/bin/python -m pip "$@"\n', encoding="utf-8")
    pip.chmod(0o755)
