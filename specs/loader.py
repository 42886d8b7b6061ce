"""Read a vendor's three files, lint them where needed, and return the contract."""

from pathlib import Path
from typing import Any

from specs import lint_cache
from specs.contract import Contract
from specs.errors import SpecError
from specs.files import DOCUMENTED, ROOT, read_openapi, read_yaml
from specs.lifecycle import read_lifecycle
from specs.requirements import Requirements, read_requirements


def load(
    vendor: str,
    profile: str = DOCUMENTED,
    root: Path = ROOT,
    cache: lint_cache.LintCache | None = None,
) -> Contract:
    """Return the contract of `vendor` in `profile`.

    Files that `cache` (by default the user's, see `specs.lint_cache`) does not know are linted.

    Raises:
        SpecError: a file is missing or invalid; the text names file, place and reason.
    """
    _require_valid(vendor, root, cache or lint_cache.of_user())

    def load_requirements() -> Requirements:
        return read_requirements(read_yaml(root / vendor / "requirements.yaml"), profile)

    return Contract(
        vendor=vendor,
        profile=profile,
        openapi=read_openapi(vendor, profile, root),
        lifecycle=read_lifecycle(read_yaml(root / vendor / "lifecycle.yaml"), profile),
        load_requirements=load_requirements,
    )


def load_control(root: Path = ROOT) -> dict[str, Any]:
    """Return the OpenAPI document of the mock's control plane."""
    return read_openapi("control", DOCUMENTED, root)


def _require_valid(vendor: str, root: Path, cache: lint_cache.LintCache) -> None:
    digest = lint_cache.digest_of((root / vendor).glob("*.yaml"))
    if cache.has(digest):
        return
    from specs.lint import check_vendor  # noqa: PLC0415  (slow to import)

    if issues := check_vendor(vendor, root, cache):
        raise SpecError(issues)
    cache.add(digest)
