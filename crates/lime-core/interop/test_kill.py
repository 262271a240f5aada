"""Core is killed again and again while sites and agents log in; what it has answered must stay true.

LIME_KILLS and LIME_LOGINS make it longer: 20 and 200 are the long form.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
from core import BINARY, START_SECONDS, Core

KILLS = int(os.environ.get("LIME_KILLS", "4"))
LOGINS = int(os.environ.get("LIME_LOGINS", "40"))
SITES, AGENTS = 4, 8


class Server:
    """`lime-core serve` on the store of a `Core`, which can be killed."""

    def __init__(self, directory: Path, store: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        self.config = directory / "core.toml"
        rate = "{ burst = 1000000, per_second = 1000000 }"
        self.config.write_text(
            f'listen = "127.0.0.1:{port}"\nissuer = "{self.origin}"\nstore = "sqlite:{store}"\n'
            f'key_file = "{directory / "key.pem"}"\n[pow]\nbase = 4\n[log]\nfilter = "warn"\n'
            f"[limits]\ncreate = {rate}\napprove = {rate}\ntoken = {rate}\naddress = {rate}\n"
        )
        self.log = (directory / "serve.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([BINARY, "serve", f"--config={self.config}"], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(f"{self.origin}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self.process.poll() is None and time.monotonic() < deadline, "it does not start"
            time.sleep(0.01)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Records:
    """What clients have seen."""

    #: Site and site's id by request, from answers to creations.
    created: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Agents that were told that they have approved, by request.
    approved: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    #: Event id and request of each frame, by site, for each connection.
    streams: defaultdict[int, list[list[tuple[str, str]]]] = field(default_factory=lambda: defaultdict(list))
    passports: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    odd: list[str] = field(default_factory=list)

    def delivered(self) -> set[str]:
        return set(self.passports)


def solve(challenge: str, difficulty: int) -> str:
    from lime_agents._pow import solve

    return solve(challenge, difficulty)


async def persist(call, records: Records, what: str, statuses: set[int]) -> httpx.Response:
    """Calls until there is an answer that is not 503."""
    while True:
        try:
            answer = await call()
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if answer.status_code == 503:
            assert "retry-after" in answer.headers
            await asyncio.sleep(0.05)
            continue
        if answer.status_code not in statuses:
            records.odd.append(f"{what}: {answer.status_code} {answer.text}")
        return answer


async def logins(core: Core, client: httpx.AsyncClient, records: Records, until: asyncio.Event) -> None:
    while not until.is_set():
        site = random.randrange(SITES)
        site_token = {"X-Site-Token": core.site_token(site + 1)}
        path = "/api/v1/modules/agent-login/requests"
        answer = await persist(lambda: client.post(path, json={}, headers=site_token), records, "create", {201})
        data = answer.json()["data"]
        request = data["login_request_id"]
        records.created[request] = (site, data["site_id"])
        answer = await persist(lambda: client.get(f"/api/v1/auth/requests/{request}"), records, "challenge", {200})
        challenge = answer.json()["data"]
        nonce = solve(challenge["pow_challenge"], challenge["pow_difficulty"])

        async def approve(agent: int) -> None:
            headers = {"X-Agent-Token": core.agent_token(agent + 1)}
            call = lambda: client.post(f"{path}/{request}/approve", json={"pow_nonce": nonce}, headers=headers)  # noqa: E731
            if (await persist(call, records, "approve", {200, 409})).status_code == 200:
                records.approved[request].add(agent)

        await asyncio.gather(*(approve(agent) for agent in random.sample(range(AGENTS), 2)))


async def stream(core: Core, origin: str, site: int, records: Records) -> None:
    """Reads a site's stream, and resumes it from the last event that was read."""
    last: str | None = None
    headers = {"X-Site-Token": core.site_token(site + 1)}
    async with httpx.AsyncClient(base_url=origin, timeout=httpx.Timeout(10, read=30)) as client:
        while True:
            seen: list[tuple[str, str]] = []
            records.streams[site].append(seen)
            try:
                resumed = {**headers, "Last-Event-ID": last} if last else headers
                async with client.stream("GET", "/api/v1/modules/agent-login/events", headers=resumed) as answer:
                    event = None
                    async for line in answer.aiter_lines():
                        if line.startswith("id:"):
                            event = line[3:].strip()
                        elif line.startswith("data:"):
                            frame = json.loads(line[5:])
                            if frame["type"] == "approved":
                                request = frame["login_request_id"]
                                records.passports[request].append(frame["agent_passport_jwt"])
                                assert event is not None
                                seen.append((event, request))
                                last = event
                            event = None
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def test_what_was_answered_stays(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    # Makes sites and agents, and their tokens.
    core = Core(tmp_path, store=f"sqlite:{store}", sites=SITES, agents=AGENTS)
    assert core.terminate() == 0
    server, records, until = Server(tmp_path, store), Records(), asyncio.Event()
    server.start()
    limits = httpx.Limits(max_connections=LOGINS)
    try:
        async with httpx.AsyncClient(base_url=server.origin, timeout=30, limits=limits) as client:
            streams = [asyncio.create_task(stream(core, server.origin, site, records)) for site in range(SITES)]
            tasks = [asyncio.create_task(logins(core, client, records, until)) for _ in range(LOGINS)]
            for _ in range(KILLS):
                await asyncio.sleep(random.uniform(0.3, 1.5))
                server.kill()
                await asyncio.to_thread(server.start)
            until.set()
            await asyncio.gather(*tasks)
            deadline = time.monotonic() + 20
            while set(records.approved) - records.delivered() and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            for task in streams:
                task.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
    finally:
        server.kill()

    lost = set(records.approved) - records.delivered()
    print(f"{KILLS} kills, {len(records.created)} requests, {len(records.approved)} approved, {len(lost)} lost")
    assert not records.odd
    assert len(records.approved) > KILLS * 5
    assert not lost, "approvals that were answered and never delivered"
    assert all(len(agents) == 1 for agents in records.approved.values()), "approved twice"
    for request, passports in records.passports.items():
        for passport in passports:
            claims = jwt.decode(passport, options={"verify_signature": False})
            site, site_id = records.created[request]
            assert (claims["request_id"], claims["site_id"]) == (request, site_id)
    for site, connections in records.streams.items():
        for seen in connections:
            assert all(records.created[request][0] == site for _, request in seen), "delivered to another site"
            # One epoch, since the store has forgotten nothing.
            numbers = [int(event.split("-")[1]) for event, _ in seen]
            assert numbers == sorted(set(numbers)), "events out of order"
    events = [event for connections in records.streams.values() for seen in connections for event, _ in seen]
    assert len({event.split("-")[0] for event in events}) == 1, "another epoch"
