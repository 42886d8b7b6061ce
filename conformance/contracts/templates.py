"""Matches paths against the path templates of the contract."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from specs import Contract


def match(template: str, path: str) -> Mapping[str, str] | None:
    """Return the values of the template's parameters if `path` ends in it, else None.

    What stands before the template (the path of a base URL) is passed over.
    """
    names = re.findall(r"\{([^}]+)\}", template)
    pattern = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template))
    found = re.search(f"{pattern}/?$", path)
    if found is None:
        return None
    return dict(zip(names, map(unquote, found.groups()), strict=True))


def other_operation(contract: Contract, path: str) -> str | None:
    """Return the operation whose template `path` ends in, None where there is none."""
    for operation in contract.operations.values():
        if match(operation.path, path) is not None:
            return operation.id
    return None
