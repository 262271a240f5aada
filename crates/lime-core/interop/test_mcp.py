"""An MCP server behind the official verifier, called by the official agents' SDK with tokens from Core."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest
from anyio import fail_after

from conftest import StartMcpServer
from core import Core

DOMAIN = "mcp.lime.test"
OTHER = "other.lime.test"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "interop", "version": "0"},
    },
}

pytestmark = pytest.mark.usefixtures("lime_test_names")


async def initialize(url: str, token: str | None) -> httpx.Response:
    headers = {"accept": "application/json, text/event-stream"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        return await http.post(url, json=INITIALIZE, headers=headers)


async def test_tools_are_listed_and_called(core: Core, start_mcp_server: StartMcpServer) -> None:
    server = start_mcp_server(core.origin, DOMAIN)
    with fail_after(20):
        async with core.agent(1) as first, core.agent(2) as second:
            tools = await first.list_tools(server.url())
            assert {tool.name for tool in tools} == {"add", "whoami"}
            total = await first.call_tool(server.url(), "add", {"a": 2, "b": 40})
            assert not total.isError
            assert total.content[0].text == "42"
            for agent in (first, second):
                answer = await agent.call_tool(server.url(), "whoami")
                assert answer.content[0].text == (await agent.get_profile()).agent_id


async def test_a_session_goes_on_with_a_new_token(core: Core, start_mcp_server: StartMcpServer) -> None:
    server = start_mcp_server(core.origin, DOMAIN)
    with fail_after(20):
        async with core.agent() as agent:
            await agent.list_tools(server.url())
            before = await agent.get_mcp_access_token(DOMAIN)
            assert (await agent.get_mcp_access_token(DOMAIN, force_refresh=True)) != before
            total = await agent.call_tool(server.url(), "add", {"a": 1, "b": 2})
            assert total.content[0].text == "3"


async def test_who_has_no_token_for_this_server_is_refused(core: Core, start_mcp_server: StartMcpServer) -> None:
    server = start_mcp_server(core.origin, DOMAIN)
    async with core.agent() as agent:
        own = (await agent.get_mcp_access_token(DOMAIN)).access_token
        other = (await agent.get_mcp_access_token(OTHER)).access_token
    refused = [None, other, "junk", own[:-4] + "AAAA", core.agent_token(), core.site_token()]
    for token in refused:
        response = await initialize(server.url(), token)
        assert response.status_code == 401, token
        assert response.json()["error"] == "invalid_token"
    assert (await initialize(server.url(), own)).status_code == 200
    # Its own name is the only one under which it can be reached.
    assert (await initialize(server.url(OTHER), own)).status_code == 421


async def test_the_sdk_cannot_use_a_token_for_another_domain(
    core: Core, start_mcp_server: StartMcpServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The agent knows the server by another name than the server knows itself."""
    server = start_mcp_server(core.origin, DOMAIN)

    async def use() -> None:
        async with core.agent() as agent:
            await agent.list_tools(server.url(OTHER))

    # A task of its own: refused at its first request, SDK 3.0.2 cancels the task that called it.
    with caplog.at_level(logging.INFO, "httpx"):
        task = asyncio.create_task(use())
        await asyncio.wait({task}, timeout=20)
    assert task.done()
    assert task.cancelled() or task.exception() is not None
    answers = [record.getMessage() for record in caplog.records if server.url(OTHER) in record.getMessage()]
    assert answers and all("401 Unauthorized" in answer for answer in answers)
