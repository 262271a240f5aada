"""The stream of a site: what it is told when it comes late, is cut off, waits in vain, or Core stops."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest
from anyio import fail_after
from lime_agents import ApiError as AgentApiError

from conftest import StartCore
from core import STOP_SECONDS, Core
from cutting_proxy import Cut, cutting_proxy
from inbox import Inbox


async def create(http: httpx.AsyncClient) -> str:
    """A login request of a site that has no stream."""
    response = await http.post("/modules/agent-login/requests", json={})
    assert response.status_code == 201
    return response.json()["data"]["login_request_id"]


async def status(http: httpx.AsyncClient, request_id: str) -> str:
    response = await http.get(f"/modules/agent-login/requests/{request_id}")
    return response.json()["data"]["status"]


async def test_a_stream_that_is_opened_after_the_approval(core: Core) -> None:
    async with core.http(x_site_token=core.site_token()) as http, core.agent() as agent:
        requests = [await create(http) for _ in range(3)]
        for request in requests:
            assert (await agent.login(request)).status == "APPROVED"
            assert await status(http, request) == "APPROVED"
        async with core.site() as site:
            inbox = Inbox()
            site.on_login(inbox)
            profile = await agent.get_profile()
            for request in requests:
                verified = await site.verify_passport(await inbox.passport(request), expected_request_id=request)
                assert verified.claims["agent_id"] == profile.agent_id
                assert await status(http, request) == "DELIVERED"
            assert [request for request, _ in inbox.received] == requests


async def test_every_stream_of_a_site_is_told(core: Core) -> None:
    async with core.site() as first, core.site() as second, core.site(2) as other, core.agent() as agent:
        inboxes = []
        for site in (first, second, other):
            inboxes.append(Inbox())
            site.on_login(inboxes[-1])
        request = await first.create_login_request()
        await agent.login(request.request_id)
        for site, inbox in zip((first, second), inboxes):
            passport = await inbox.passport(request.request_id)
            await site.verify_passport(passport, expected_request_id=request.request_id)
        foreign = await other.create_login_request()
        await agent.login(foreign.request_id)
        await inboxes[2].passport(foreign.request_id)
        assert [request_id for request_id, _ in inboxes[2].received] == [foreign.request_id]
        assert all(len(inbox.received) == 1 for inbox in inboxes)


@pytest.mark.parametrize("cut", Cut, ids=lambda cut: cut.value)
async def test_a_socket_that_is_cut_at_a_passport(core: Core, cut: Cut) -> None:
    """Core has written the frame and taken it for delivered; the site reconnects and gets it nevertheless."""
    async with cutting_proxy(core.origin, cut) as proxy, proxy.client() as client:
        async with core.site(http_client=client) as site, core.agent() as agent:
            inbox = Inbox()
            site.on_login(inbox)
            with fail_after(10):
                await proxy.streams.wait()
            request = await site.create_login_request()
            await agent.login(request.request_id)
            with fail_after(10):
                await proxy.has_cut.wait()
            # Where the frame came through whole, it comes twice: that is for the site to tell, by the id.
            for _ in range(2 if cut is Cut.AFTER else 1):
                passport = await inbox.passport(request.request_id)
                verified = await site.verify_passport(passport, expected_request_id=request.request_id)
                assert verified.claims["agent_id"] == (await agent.get_profile()).agent_id
            # The new stream goes on as the old one did.
            request = await site.create_login_request()
            await agent.login(request.request_id)
            await site.verify_passport(await inbox.passport(request.request_id), expected_request_id=request.request_id)


async def test_a_request_that_nobody_answers_expires(start_core: StartCore) -> None:
    core = start_core(ttl=2)
    async with core.site() as site, core.agent() as agent:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        assert await inbox.next(request.request_id) is None
        assert inbox.received == [(request.request_id, None)]
        state = await site._client.get(f"/modules/agent-login/requests/{request.request_id}")
        assert state["status"] == "EXPIRED"
        with pytest.raises(AgentApiError) as refused:
            await agent.login(request.request_id)
        assert (refused.value.code, refused.value.http_status) == ("SITE_LOGIN_REQUEST_NOT_FOUND", 404)


async def test_a_passport_that_nobody_fetches_expires(start_core: StartCore) -> None:
    core = start_core(ttl=2, difficulty=4)
    async with core.http(x_site_token=core.site_token()) as http, core.agent() as agent:
        request = await create(http)
        assert (await agent.login(request)).status == "APPROVED"
        with fail_after(10):
            while await status(http, request) != "EXPIRED":
                await asyncio.sleep(0.05)
        async with core.site() as site:
            inbox = Inbox()
            site.on_login(inbox)
            assert await inbox.next(request) is None


async def test_frames_as_they_are_on_the_wire(core: Core) -> None:
    headers = {"x_site_token": core.site_token(), "accept": "text/event-stream"}
    async with core.http(**headers) as http, core.agent() as agent:
        async with http.stream("GET", "/modules/agent-login/events") as response:
            assert response.status_code == 200
            assert response.headers["content-type"] == "text/event-stream"
            assert response.headers["cache-control"] == "no-store, no-transform"
            assert response.headers["x-accel-buffering"] == "no"
            lines = response.aiter_lines()

            async def frame() -> dict:
                with fail_after(10):
                    async for line in lines:
                        if line.startswith("data:"):
                            return json.loads(line.removeprefix("data:"))
                raise AssertionError("the stream has ended")

            assert await frame() == {"type": "keepalive"}
            request = await create(http)
            await agent.login(request)
            approved = await frame()
            assert approved.pop("agent_passport_jwt").count(".") == 2
            assert approved == {"type": "approved", "login_request_id": request, "status": "approved"}


async def test_core_stops_at_once_and_ends_streams(core: Core) -> None:
    async with core.site() as site, core.http(x_site_token=core.site_token(2)) as http, core.agent() as agent:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        await agent.login(request.request_id)
        await inbox.passport(request.request_id)  # the SDK's stream is open, and so are idle connections
        async with http.stream("GET", "/modules/agent-login/events") as response:
            lines = response.aiter_lines()
            with fail_after(10):
                await anext(lines)
            begun = time.monotonic()
            code = await asyncio.to_thread(core.terminate)
            assert code == 0
            assert time.monotonic() - begun < STOP_SECONDS
            # The end of the body, not a broken connection, which would raise.
            with fail_after(5):
                async for _ in lines:
                    pass
    with pytest.raises(httpx.ConnectError):
        async with core.http() as http:
            await http.get(f"{core.origin}/healthz")
