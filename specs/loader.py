"""Load a contract: lint its files where they have not passed yet, then read them."""

from pathlib import Path
from typing import Any

from specs import lint_cache
from specs.contract import Contract, read_contract
from specs.errors import SpecError
from specs.files import CONTROL, DOCUMENTED, ROOT, is_own, read_openapi
from specs.implied import with_implied


def load(
    vendor: str,
    profile: str = DOCUMENTED,
    root: Path = ROOT,
    cache: lint_cache.LintCache | None = None,
    *,
    folder: Path | None = None,
) -> Contract:
    """Return the contract of `vendor` in `profile`.

    Its files are in `root`, or in `folder` as `vendor_folders` has it, which may be a user's own:
    then the requirements are those of its requirements.yaml and what the contract implies. Files
    that `cache` (by default the user's, see `specs.lint_cache`) does not know are linted.

    Raises:
        SpecError: a file is missing or invalid; the text names file, place and reason.
    """
    cache = cache or lint_cache.of_user()
    own = folder is not None and is_own(folder)
    folder = folder or root / vendor
    digest = lint_cache.digest_of(folder.glob("*.yaml"), own=own)
    if not cache.has(digest):
        from specs.lint import check_folder, check_vendor  # noqa: PLC0415  (slow to import)

        issues = check_folder(folder) if own else check_vendor(vendor, folder.parent, cache)
        if issues:
            raise SpecError(issues)
        cache.add(digest)
    contract = read_contract(vendor, profile, folder, own=own)
    return with_implied(contract) if own else contract


def load_control(root: Path = ROOT) -> dict[str, Any]:
    """Return the OpenAPI document of the mock's control plane."""
    return read_openapi(CONTROL, DOCUMENTED, root)
