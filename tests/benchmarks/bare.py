"""`python -m tests.benchmarks.bare FILE PORT`: FILE as the answer to a poll and to a creation."""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_JOBS = "/data/reports/{type}/jobs"


def bare(body: bytes) -> Starlette:
    """An application that answers 200 to a poll and 202 to a creation, both with `body`."""

    async def poll(request: Request) -> Response:
        return Response(body, 200, media_type="application/json")

    async def create(request: Request) -> Response:
        return Response(body, 202, media_type="application/json")

    return Starlette(
        routes=[
            Route(_JOBS + "/{id}", poll, methods=["GET"]),
            Route(_JOBS, create, methods=["POST"]),
        ]
    )


def main(file: str, port: str) -> None:
    """Serve until it is told to stop."""
    app = bare(Path(file).read_bytes())
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
