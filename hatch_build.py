"""Lint the contracts when a wheel is built, so that the installed copy starts without linting."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LintHook(BuildHookInterface[Any]):
    """Fails the build on an invalid contract; else ships the digests of what passed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Lint and add `specs/_lint_passed`; an editable install is linted at its start instead."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from specs import SpecError, lint_cache, vendors  # noqa: PLC0415
        from specs.lint import check_all  # noqa: PLC0415

        if issues := check_all():
            raise SpecError(issues)
        self.folder = Path(tempfile.mkdtemp())
        cache = lint_cache.in_folder(self.folder)
        for vendor in vendors():
            cache.add(lint_cache.digest_of(Path(self.root).glob(f"specs/{vendor}/*.yaml")))
        build_data["force_include"][str(self.folder)] = f"specs/{lint_cache.BUILT_IN.name}"

    def finalize(
        self,
        version: str,
        build_data: dict[str, Any],  # noqa: ARG002  (the interface's signature)
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        """Remove what `initialize` wrote."""
        if version != "editable":
            shutil.rmtree(self.folder)
