"""What a build does: it lints the contracts, and makes the README one that an index can show."""

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE_LINK = re.compile(r"\[([^]]+)\]\((?!\w+:|#)[^)]+\)")
PICTURE = re.compile(r"^```mermaid\n.*?^```\n\n?", re.MULTILINE | re.DOTALL)


class ReadmeHook(MetadataHookInterface):
    """Makes the README the description: an index shows no file beside it, and no diagram."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`; a link to a file of the checkout becomes its text."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        text = RELATIVE_LINK.sub(r"\1", PICTURE.sub("", text))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


class LintHook(BuildHookInterface[Any]):
    """Fails the build on an invalid contract; else ships the digests of what passed.

    So the installed copy starts without linting.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Lint and add `specs/_lint_passed`; an editable install is linted at its start instead."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from specs import SpecError, lint_cache, vendors  # noqa: PLC0415
        from specs.lint import check_all  # noqa: PLC0415

        if issues := check_all(cache=lint_cache.of_user()):
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
