"""The response with a report file as an attachment."""

import re

from mockserver.http.messages import Response, StreamingBody

_UNSAFE = re.compile(r"[^a-z0-9_]+")


def attachment(title: str, extension: str, file: StreamingBody) -> Response:
    """Return a 200 with a file named after `title`, in characters that need no escaping."""
    stem = _UNSAFE.sub("-", title.lower()).strip("-") or "report"
    disposition = f'attachment; filename="{stem}.{extension}"'
    return Response(200, headers={"Content-Disposition": disposition}, file=file)
