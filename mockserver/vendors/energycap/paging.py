"""EnergyCAP's pages: numbered from 1, described in four headers."""

from collections.abc import Callable
from typing import Any

from mockserver.exchange import Call, Reply


def paged(call: Call, total: int, rows: Callable[[int, int], list[dict[str, Any]]]) -> Reply:
    """Return the page that a call asks for; `rows` is given an offset and a limit."""
    number, size = call.query["pageNumber"], call.query["pageSize"]
    headers = {
        "PageNumber": number,
        "PageSize": size,
        "TotalNumberOfRecords": total,
        "TotalPages": -(-total // size),
    }
    body = rows((number - 1) * size, size)
    return Reply(
        call.operation.success, body, {name: str(value) for name, value in headers.items()}
    )
