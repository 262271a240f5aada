"""A TCP proxy that cuts a site's first event stream at its first passport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from urllib.parse import urlsplit

import httpx


class Cut(Enum):
    """How much of the frame with the passport still comes through."""

    BEFORE = "before"
    WITHIN = "within"
    AFTER = "after"


class CuttingProxy:
    def __init__(self, origin: str, cut: Cut) -> None:
        parts = urlsplit(origin)
        self._upstream = (parts.hostname, parts.port)
        self._cut = cut
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        #: A stream has begun, and has not been cut yet.
        self.streams = asyncio.Event()
        self.has_cut = asyncio.Event()

    def client(self) -> httpx.AsyncClient:
        """Goes through the proxy, though addresses name Core itself: the issuer of a passport must be at its base."""
        return httpx.AsyncClient(transport=_Through(self.port))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        core_reader, core_writer = await asyncio.open_connection(*self._upstream)
        requests = asyncio.create_task(_pump(reader, core_writer))
        try:
            await self._answers(core_reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            requests.cancel()
            for end in (core_writer, writer):
                end.close()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        if b"text/event-stream" in head and not self.has_cut.is_set():
            self.streams.set()
            while b'"approved"' not in (frame := await reader.readuntil(b"\n\n")):
                writer.write(frame)
            length = {Cut.BEFORE: 0, Cut.WITHIN: len(frame) // 2, Cut.AFTER: len(frame)}[self._cut]
            writer.write(frame[:length])
            self.has_cut.set()
        else:
            await _pump(reader, writer)

    async def close(self) -> None:
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


@asynccontextmanager
async def cutting_proxy(origin: str, cut: Cut) -> AsyncIterator[CuttingProxy]:
    proxy = CuttingProxy(origin, cut)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()


class _Through(httpx.AsyncHTTPTransport):
    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(port=self._port)
        return await super().handle_async_request(request)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
