"""The examples in examples/python/, as a reader would run them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from anyio import fail_after

from core import Core

EXAMPLES = Path(__file__).parents[3] / "examples/python"


async def run(core: Core, *command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=EXAMPLES,
        env={**os.environ, **core.environment},
        stdout=asyncio.subprocess.PIPE,
    )


async def test_an_agent_logs_in_to_a_site(core: Core) -> None:
    site = await run(core, "site.py")
    processes = [site]
    try:
        with fail_after(30):
            assert site.stdout is not None
            announced = re.search(r"[0-9a-f-]{36}", (await site.stdout.readline()).decode())
            assert announced
            agent = await run(core, "agent.py", announced[0])
            processes.append(agent)
            said_by_agent, _ = await agent.communicate()
            said_by_site, _ = await site.communicate()
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert [process.returncode for process in processes] == [0, 0]
    async with core.agent() as client:
        profile = await client.get_profile()
    assert profile.agent_id in said_by_agent.decode()
    assert profile.agent_id in said_by_site.decode()
    assert profile.owner_id in said_by_site.decode()
