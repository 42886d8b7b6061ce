"""What aiohttp does by default with a job of Talkdesk: `python aiohttp_job.py BASE_URL TOKEN`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from _tasks import BODY, CALLS, CONTACTS, HEADERS, ORDER, POLLS, STATUS, TOO_LARGE, Report


class Job:
    """The tasks of one session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.path = self.file = ""

    async def job(self) -> Any:
        async with self.session.post(CALLS, json=ORDER) as reply:
            created, made = reply.status, await reply.json()
        self.path, self.file = (made["_links"][name]["href"] for name in ("self", "files"))
        for _ in range(POLLS):
            async with self.session.get(self.path) as polled:
                if polled.status != 200 or polled.url.path != self.path:
                    break
            await asyncio.sleep(0.05)
        async with self.session.get(self.file) as file:
            text = await file.text()
            length = int(file.headers["Content-Length"])
        return {
            "created": created,
            "name": made["job"]["name"],
            "end": {"status": polled.status, "path": polled.url.path},
            "file": {"status": file.status, "length": length, "first": text[:7]},
        }

    async def followed(self) -> Any:
        async with self.session.get(self.path, allow_redirects=True) as reply:
            return {"status": reply.status, "path": reply.url.path}

    async def head(self) -> Any:
        async with self.session.head(self.file) as reply:
            return {"status": reply.status, "length": int(reply.headers["Content-Length"])}

    async def conditional(self) -> Any:
        async with self.session.get(self.file) as file:
            etag = file.headers.get("ETag", '"none"')
        async with self.session.get(self.file, headers={"If-None-Match": etag}) as reply:
            return {"status": reply.status, "length": len(await reply.read())}

    async def part(self) -> Any:
        async with self.session.get(self.file, headers={"Range": "bytes=100-"}) as reply:
            return {"status": reply.status, "length": len(await reply.read())}

    async def chunked(self) -> Any:
        async def pieces() -> AsyncIterator[bytes]:
            yield BODY[:20]
            yield BODY[20:]

        return await self._create(data=pieces(), headers=HEADERS)

    async def compressed(self) -> Any:
        return await self._create(data=BODY, headers=HEADERS, compress="gzip")

    async def expecting(self) -> Any:
        return await self._create(data=BODY, headers=HEADERS, expect100=True)

    async def too_large(self) -> Any:
        return await self._create(data=TOO_LARGE, headers=HEADERS)

    async def after_reset(self) -> Any:
        first: Any = "error"
        try:
            async with self.session.get(STATUS) as reply:
                first = reply.status
        except aiohttp.ClientError:
            pass
        async with self.session.get(STATUS) as reply:
            return {"first": first, "second": reply.status}

    async def _create(self, **options: Any) -> Any:
        async with self.session.post(CONTACTS, **options) as reply:
            made = await reply.json()
            return {"status": reply.status, "name": made.get("job", {}).get("name")}


async def main(base_url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    report = Report()
    async with aiohttp.ClientSession(base_url, headers=headers) as session:
        job = Job(session)
        for name in TASKS:
            await report.wait_for(name, getattr(job, name)())
    report.write()


TASKS = [name for name, member in vars(Job).items() if callable(member) and name[0] != "_"]
asyncio.run(main(*sys.argv[1:]))
