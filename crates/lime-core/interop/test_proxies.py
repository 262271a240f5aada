"""Logins through proxies as people have them in front of Core, with the official SDKs on both ends."""

from __future__ import annotations

import time

import httpx
import pytest
from anyio import fail_after

from conftest import StartCore, StartProxy
from core import Core
from inbox import Inbox
from proxies import free_port

#: Passports live for 60 s. A proxy that holds frames back until it has enough of them holds them for longer.
PROMPT_SECONDS = 10


@pytest.fixture(params=["nginx", "caddy", "express"])
def core_behind(request: pytest.FixtureRequest, start_core: StartCore, start_proxy: StartProxy) -> Core:
    """A Core that its clients know by the address of a proxy."""
    public, port = free_port(), free_port()
    core = start_core(port=port, public_url=f"http://127.0.0.1:{public}")
    start_proxy(request.param, public, port)
    return core


async def test_logins_through_a_proxy(core_behind: Core) -> None:
    core = core_behind
    async with core.site() as site, core.agent() as agent:
        inbox = Inbox()
        site.on_login(inbox)
        for _ in range(5):
            request = await site.create_login_request()
            begun = time.monotonic()
            await agent.login(request.request_id)
            passport = await inbox.passport(request.request_id)
            assert time.monotonic() - begun < PROMPT_SECONDS
            verified = await site.verify_passport(passport, expected_request_id=request.request_id)
            assert verified.claims["agent_id"] == (await agent.get_profile()).agent_id


async def test_a_stream_begins_at_once_behind_a_proxy(core_behind: Core) -> None:
    """The first frame comes before anything happens, to a client that would take it compressed."""
    headers = {"X-Site-Token": core_behind.site_token(), "Accept-Encoding": "gzip, br"}
    async with httpx.AsyncClient(headers=headers, timeout=PROMPT_SECONDS) as http:
        with fail_after(PROMPT_SECONDS):
            async with http.stream("GET", f"{core_behind.api}/modules/agent-login/events") as stream:
                assert stream.headers["cache-control"] == "no-store, no-transform"
                assert "content-encoding" not in stream.headers
                assert '"keepalive"' in await anext(stream.aiter_text())


async def test_refusals_come_through_a_proxy_as_they_are(core_behind: Core) -> None:
    async with core_behind.http(X_Agent_Token="at_unknown") as http:
        refused = await http.get("/core/agents/me/profile")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "INVALID_AGENT_TOKEN")
        assert refused.headers["www-authenticate"] == "LIME-Agent-Token"
        assert refused.headers["x-request-id"]
        jwks = await http.get("/core/.well-known/jwks.json")
        known = {"If-None-Match": jwks.headers["etag"]}
        assert (await http.get("/core/.well-known/jwks.json", headers=known)).status_code == 304
