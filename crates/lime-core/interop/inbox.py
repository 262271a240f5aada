"""What a site is told on its stream."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from anyio import fail_after

WAIT_SECONDS = 15


class Inbox:
    """A handler for `LimeSite.on_login` that keeps everything."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str | None]] = []
        self._waiting: defaultdict[str, asyncio.Queue[str | None]] = defaultdict(asyncio.Queue)

    async def __call__(self, request_id: str, passport: str | None) -> None:
        self.received.append((request_id, passport))
        self._waiting[request_id].put_nowait(passport)

    async def next(self, request_id: str) -> str | None:
        """The next passport for a request, or `None` should it have expired."""
        with fail_after(WAIT_SECONDS):
            return await self._waiting[request_id].get()

    async def passport(self, request_id: str) -> str:
        passport = await self.next(request_id)
        assert passport is not None, f"{request_id} has expired"
        return passport
