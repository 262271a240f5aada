"""The side of MCP servers, which has an environment of its own: reached as processes."""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
from pathlib import Path
from typing import Any

from anyio import fail_after

PYTHON = os.environ["LIME_INTEROP_MCP_PYTHON"]
SCRIPTS = Path(__file__).parent / "mcp_side"
START_SECONDS = 60


async def verify(origin: str, domain: str, tokens: dict[str, str]) -> dict[str, Any]:
    """What `TokenVerifier`, pinned to a domain, says about each token."""
    process = await asyncio.create_subprocess_exec(
        PYTHON, SCRIPTS / "verify.py", origin, domain,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        with fail_after(START_SECONDS):
            output, _ = await process.communicate(json.dumps(tokens).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    return json.loads(output)


class McpServer:
    """A FastMCP server for a domain. Ready when this is made."""

    def __init__(self, origin: str, domain: str) -> None:
        self.domain = domain
        self.process = subprocess.Popen(
            [PYTHON, SCRIPTS / "server.py", origin, domain], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.stop()
            raise AssertionError("the MCP server did not start")
        self.port = int(line)

    def url(self, name: str | None = None) -> str:
        """Its address under its own name, or under another."""
        return f"http://{name or self.domain}:{self.port}/mcp"

    def stop(self) -> None:
        # It keeps nothing, and waits for its clients too long.
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
