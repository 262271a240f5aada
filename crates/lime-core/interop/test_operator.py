"""The way of a new operator, as `docs/operations.md` has it, with the official SDKs on both ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lime_agents import AuthenticationError, LimeAgent, LimeError
from lime_sites import LimeSite

from conftest import ROOT
from core import BINARY, START_SECONDS
from inbox import Inbox


class Operator:
    """Somebody who types what the documentation says into one shell, in an empty directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        text = (ROOT / "docs/operations.md").read_text()
        way = text.split("### From an empty directory to a login\n")[1].split("\n### ")[0]
        self.steps = re.findall(r"^```sh\n(.*?)^```$", way, re.DOTALL | re.MULTILINE)
        self.environment = {**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}

    def step(self) -> None:
        """Types the next block. What is started in the background stays."""
        block = self.steps.pop(0).replace(":8080", f":{self.port}")
        if "listen" not in block:
            block = block.replace("issuer = ", f"listen = '127.0.0.1:{self.port}'\nissuer = ")
        self.type(block)

    def type(self, block: str) -> None:
        keep = "declare -p owner site agent LIME_CORE_CONFIG >shell; jobs -p >>jobs"
        script = f"[[ ! -f shell ]] || . ./shell\nset -eu\n{block}\n{keep}\n"
        with (self.directory / "log").open("ab") as log:
            subprocess.run(
                ["bash", "-c", script], cwd=self.directory, env=self.environment, stdout=log, stderr=log, check=True
            )

    def file(self, name: str) -> dict[str, str]:
        path = self.directory / name
        assert path.stat().st_mode & 0o777 == 0o600
        return dict(line.split("=", 1) for line in path.read_text().splitlines())

    def site(self) -> LimeSite:
        environment = self.file("site.env")
        return LimeSite(site_token=environment["LIME_SITE_TOKEN"], base_url=environment["LIME_API_BASE"])

    def agent(self) -> LimeAgent:
        environment = self.file("agent.env")
        return LimeAgent(agent_token=environment["LIME_AGENT_TOKEN"], base_url=environment["LIME_API_BASE"])

    async def kids(self) -> list[str]:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{self.port}/api/v1/core/.well-known/jwks.json")
        return [key["kid"] for key in answer.json()["keys"]]

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/readyz").raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < deadline, (self.directory / "log").read_text()
                time.sleep(0.01)

    def stop(self) -> None:
        jobs = self.directory / "jobs"
        for job in jobs.read_text().split() if jobs.exists() else []:
            os.kill(int(job), signal.SIGTERM)


# It is the same on every store, and memory has nothing to operate on.
pytestmark = pytest.mark.skipif(os.environ.get("LIME_INTEROP_STORE") != "sqlite", reason="runs beside the store")


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    operator = Operator(tmp_path)
    try:
        yield operator
    finally:
        operator.stop()


async def log_in(site: LimeSite, agent: LimeAgent, inbox: Inbox) -> None:
    request = await site.create_login_request()
    await agent.login(request.request_id)
    verified = await site.verify_passport(
        await inbox.passport(request.request_id), expected_request_id=request.request_id
    )
    assert verified.valid


async def test_the_way_of_the_documentation(operator: Operator) -> None:
    operator.step()
    operator.wait()
    async with operator.site() as site:
        inbox = Inbox()
        site.on_login(inbox)
        async with operator.agent() as agent:
            await log_in(site, agent, inbox)
            operator.step()
            # The old token of the agent has ended, that of the site has not yet.
            with pytest.raises(AuthenticationError):
                await agent.get_profile()
        async with operator.agent() as agent:
            await log_in(site, agent, inbox)
        async with operator.site() as rotated, operator.agent() as agent:
            inbox = Inbox()
            rotated.on_login(inbox)
            await log_in(rotated, agent, inbox)
            operator.step()
            request = await rotated.create_login_request()
            with pytest.raises(LimeError) as refused:
                await agent.login(request.request_id)
            assert refused.value.http_status == 403
            operator.step()
            await log_in(rotated, agent, inbox)
            # The keys change under the SDKs, which have kept the old ones.
            before = await operator.kids()
            operator.step()
            deadline = time.monotonic() + 40
            while await operator.kids() == before:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.2)
            assert set(before) < set(await operator.kids())
            await log_in(rotated, agent, inbox)
            for kid in before:
                operator.type(f"lime-core key revoke {kid}")
            while set(before) & set(await operator.kids()):
                assert time.monotonic() < deadline + 40
                await asyncio.sleep(0.2)
            await log_in(rotated, agent, inbox)
    assert not operator.steps
    files = [operator.file(name) for name in ("site.env", "agent.env")]
    secrets = [value for file in files for name, value in file.items() if "_TOKEN" in name]
    log = (operator.directory / "log").read_text()
    assert len(secrets) == 2 and not any(secret in log for secret in secrets)
