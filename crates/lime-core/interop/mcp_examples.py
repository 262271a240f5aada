"""The programs of `examples/mcp/`, as processes: each in the environment of its SDK, unmodified."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from anyio import fail_after

from core import Core
from proxies import free_port

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "examples/mcp"
ENVIRONMENTS = Path(os.environ["LIME_INTEROP_VENVS"])
RUST = Path(os.environ["LIME_INTEROP_RUST"])
START_SECONDS = 30
DOMAIN = "mcp.lime.test"

PYTHON_2 = str(ENVIRONMENTS / "mcp-2/bin/python")
CLIENTS = {
    "python-1": [sys.executable, str(EXAMPLES / "python/client.py")],
    "python-2": [PYTHON_2, str(EXAMPLES / "python/client.py")],
    "typescript-1": ["node", str(ENVIRONMENTS / "mcp-typescript/client-1.mjs")],
    "typescript-2": ["node", str(ENVIRONMENTS / "mcp-typescript/client.mjs")],
    "rust": [str(RUST / "lime-mcp-client")],
}
SERVERS = {
    "python": [PYTHON_2, str(EXAMPLES / "python/server.py")],
    "typescript": ["node", str(ENVIRONMENTS / "mcp-typescript/server.mjs")],
    "rust": [str(RUST / "lime-mcp-server")],
}


def environment(core: Core, **more: str) -> dict[str, str]:
    """What the programs read, with the names under lime.test that lead to this machine."""
    # Modules of Node are looked for beside the file that imports them.
    for program in (EXAMPLES / "typescript").glob("*.mjs"):
        shutil.copy(program, ENVIRONMENTS / "mcp-typescript")
    return {
        **os.environ,
        **core.environment,
        "PYTHONPATH": str(HERE / "names"),
        "NODE_OPTIONS": f"--import={HERE / 'names/lime-test-names.mjs'}",
        **more,
    }


class Server:
    """A server of one language, which knows itself by a URL under lime.test. Ready when this is made."""

    def __init__(self, kind: str, core: Core, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://{DOMAIN}:{self.port}/mcp"
        self._log = directory / f"{kind}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*SERVERS[kind], self.url], stdout=log, stderr=log, env=environment(core)
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError(f"{kind} did not start:\n{self.log()}") from None
                time.sleep(0.02)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


async def run(kind: str, core: Core, url: str, *arguments: str, **more: str) -> tuple[int, str]:
    """Runs a client to its end: its exit code, and all that it has said."""
    process = await asyncio.create_subprocess_exec(
        *CLIENTS[kind], url, *arguments, env=environment(core, **more),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        with fail_after(40):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, said.decode()


class Listener:
    """An HTTP server on a free port of this machine, in a thread. `answer` answers every request."""

    def __init__(self) -> None:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.close_connection = True
                self.raw_requestline = self.rfile.readline(65537)
                if self.raw_requestline and self.parse_request():
                    body = self.rfile.read(int(self.headers.get("content-length", 0)))
                    status, headers, answer = listener.answer(self.command, self.path, dict(self.headers), body)
                    self.send_response(status)
                    for name, value in {**headers, "content-length": str(len(answer)), "connection": "close"}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        raise NotImplementedError

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Loopback(Listener):
    """Shows a server under an address of this machine, where rmcp believes an issuer on this machine."""

    def __init__(self, server: Server) -> None:
        self.server = server
        super().__init__()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if method == "GET" and path == "/mcp":
            return 405, {}, b""  # a stream that would not end
        passed = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
        upstream = HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        upstream.request(method, path, body, {**passed, "Host": f"{DOMAIN}:{self.server.port}"})
        response = upstream.getresponse()
        known = f"http://{DOMAIN}:{self.server.port}"
        kept = ("content-type", "www-authenticate", "mcp-session-id")
        told = {name: value.replace(known, self.origin) for name, value in response.getheaders() if name.lower() in kept}
        return response.status, told, response.read().replace(known.encode(), self.origin.encode())
