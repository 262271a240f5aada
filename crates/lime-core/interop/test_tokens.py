"""Tokens: those that Core makes for MCP servers, and those of one lane in another."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, tzinfo
from urllib.parse import urlsplit

import jwt
import pytest
from anyio import fail_after
from lime_agents import AuthenticationError as AgentAuthenticationError
from lime_sites import AuthenticationError as SiteAuthenticationError
from lime_sites import InvalidPassportError, LimeSite

from core import Core
from inbox import Inbox
from mcp_servers import verify

DOMAIN = "mcp.lime.test"


async def test_a_verifier_whose_clock_is_behind_takes_a_new_token(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyJWT allows no leeway unless it is told to, and refuses an `iat` in its future."""

    class Behind(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(seconds=2)

    monkeypatch.setattr(jwt.api_jwt, "datetime", Behind)
    async with core.agent() as agent, core.http() as http:
        token = (await agent.get_mcp_access_token(DOMAIN)).access_token
        (key,) = (await http.get("/core/.well-known/jwks.json")).json()["keys"]
    claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"], audience="mcp")
    assert claims["iat"] <= Behind.now().timestamp()


async def test_an_mcp_token_is_issued_kept_and_renewed(core: Core) -> None:
    async with core.agent() as agent, core.agent(mcp_token_refresh_skew=10_000) as anxious:
        token = await agent.get_mcp_access_token(f"http://{DOMAIN}:9000/mcp")
        assert token.token_type == "Bearer"
        assert token.expires_in == 300
        claims = jwt.decode(token.access_token, options={"verify_signature": False})
        assert claims.keys() == {"aud", "iss", "sub", "domain", "jti", "iat", "exp"}
        assert claims["aud"] == "mcp"
        assert claims["iss"] == core.origin
        assert claims["domain"] == DOMAIN
        assert claims["sub"] == (await agent.get_profile()).agent_id
        assert claims["exp"] - claims["iat"] == token.expires_in + 5

        assert await agent.get_mcp_access_token(DOMAIN.upper()) == token
        forced = await agent.get_mcp_access_token(DOMAIN, force_refresh=True)
        assert forced.access_token != token.access_token
        assert await agent.get_mcp_access_token(DOMAIN) == forced
        other = await agent.get_mcp_access_token("other.lime.test")
        assert other.access_token != forced.access_token

        # An agent for whom every token is about to expire.
        renewed = [(await anxious.get_mcp_access_token(DOMAIN)).access_token for _ in range(3)]
        assert len(set(renewed)) == 3


BAD_DOMAINS = [
    "", "localhost", "a.localhost", "printer.local", "db.internal", "metadata.google.internal", "kubernetes",
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "user@host.example", "a_b.example",
    "host.example.", "127.0.0.1.nip.io", "lvh.me", "http://localhost/mcp", "münchen.example", "a..b", "-a.example",
]  # fmt: skip


async def test_bad_domains_are_refused(core: Core) -> None:
    async with core.agent() as agent, core.http(x_agent_token=core.agent_token()) as http:
        for domain in BAD_DOMAINS:
            # The SDK does not even ask.
            with pytest.raises(ValueError):
                await agent.get_mcp_access_token(domain)
        # The SDK takes the port away. Core does not.
        bodies = [{"domain": domain} for domain in [*BAD_DOMAINS, "host.example:8443", None, 7, ["host.example"]]]
        for body in [*bodies, {}]:
            response = await http.post("/modules/oauth/token", json=body)
            assert response.status_code == 400, body
            assert response.headers.get_list("cache-control") == ["no-store"]
            error = response.json()
            assert error.keys() == {"error", "error_description"}
            assert error["error"] == "invalid_request", body


async def test_the_verifier_of_mcp_servers(core: Core) -> None:
    """It takes tokens for its own domain: not those for another, and no passport. Nor does a site take an MCP token."""
    async with core.agent() as agent, core.site() as site:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        await agent.login(request.request_id)
        passport = await inbox.passport(request.request_id)
        own = (await agent.get_mcp_access_token(DOMAIN)).access_token
        other = (await agent.get_mcp_access_token("other.lime.test")).access_token
        header, _, signature = own.split(".")
        tokens = {
            "own": own,
            "other": other,
            "passport": passport,
            "spliced": ".".join([header, other.split(".")[1], signature]),
            "junk": "junk",
        }
        results = await verify(core.origin, DOMAIN, tokens)
        assert results["own"]["is_valid"], results["own"]["error"]
        assert results["own"]["agent_id"] == (await agent.get_profile()).agent_id
        assert results["own"]["domain"] == DOMAIN
        assert {name: result["error"] for name, result in results.items() if name in ("other", "passport")} == {
            "other": "Domain mismatch",
            "passport": "Invalid audience",
        }
        assert not any(result["is_valid"] for name, result in results.items() if name != "own")

        await site.verify_passport(passport, expected_request_id=request.request_id)
        with pytest.raises(InvalidPassportError, match="audience"):
            await site.verify_passport(own)
        with pytest.raises(InvalidPassportError, match="audience"):
            await site.verify_binding_passport(passport)


async def refused_as_site(core: Core, token: str) -> None:
    async with core.site(site_token=token) as site:
        with pytest.raises(SiteAuthenticationError) as refused:
            await site.create_login_request()
        assert (refused.value.code, refused.value.http_status) == ("SITE_TOKEN_INVALID", 401)
    async with core.http(x_site_token=token) as http:
        # The SDK keeps to itself why its stream does not open.
        response = await http.get("/modules/agent-login/events")
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "SITE_TOKEN_INVALID"


async def refused_as_agent(core: Core, site: LimeSite, token: str) -> None:
    request = await site.create_login_request()
    async with core.agent(agent_token=token) as agent:
        for call in (agent.get_profile(), agent.login(request.request_id)):
            with pytest.raises(AgentAuthenticationError) as refused:
                await call
            assert (refused.value.code, refused.value.http_status) == ("INVALID_AGENT_TOKEN", 401)
        with pytest.raises(AgentAuthenticationError) as refused:
            await agent.get_mcp_access_token(DOMAIN)
        assert (refused.value.code, refused.value.http_status) == ("invalid_client", 401)
    state = await site._client.get(f"/modules/agent-login/requests/{request.request_id}")
    assert state["status"] == "PENDING"


async def test_tokens_of_one_lane_in_another(core: Core) -> None:
    async with core.site() as site, core.agent() as agent:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        await agent.login(request.request_id)
        passport = await inbox.passport(request.request_id)
        mcp_token = (await agent.get_mcp_access_token(DOMAIN)).access_token

        site_token, agent_token = core.site_token(), core.agent_token()
        for wrong in (agent_token, agent_token.replace("at_", "st_"), passport, mcp_token, "st_", "x" * 4000):
            await refused_as_site(core, wrong)
        for wrong in (site_token, site_token.replace("st_", "at_"), passport, mcp_token, "at_", "x" * 4000):
            await refused_as_agent(core, site, wrong)


async def test_no_token_and_bearer_tokens_get_nowhere(core: Core) -> None:
    async with core.agent() as agent:
        mcp_token = (await agent.get_mcp_access_token(DOMAIN)).access_token
    id = "00000000-0000-4000-8000-000000000000"
    routes = [
        ("POST", "/modules/agent-login/requests", "SITE_TOKEN_MISSING"),
        ("GET", f"/modules/agent-login/requests/{id}", "SITE_TOKEN_MISSING"),
        ("GET", "/modules/agent-login/events", "SITE_TOKEN_MISSING"),
        ("POST", f"/modules/agent-login/requests/{id}/approve", "MISSING_AGENT_TOKEN"),
        ("GET", "/core/agents/me/profile", "MISSING_AGENT_TOKEN"),
        ("POST", "/modules/oauth/token", "invalid_client"),
    ]
    bearers = [mcp_token, core.agent_token(), core.site_token()]
    for headers in [{}, *({"authorization": f"Bearer {bearer}"} for bearer in bearers)]:
        async with core.http(**headers) as http:
            for method, path, code in routes:
                response = await http.request(method, path)
                assert response.status_code == 401, path
                error = response.json()["error"]
                assert (error if isinstance(error, str) else error["code"]) == code


async def test_a_refusal_does_not_break_the_next_request(core: Core) -> None:
    """httpx sends head and body apart. A connection refused by its head alone goes on, or is announced to end."""
    url = urlsplit(core.api)
    head = f"POST {url.path}/modules/agent-login/requests HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-length: 2\r\n"
    with fail_after(10):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(f"{head}content-type: application/json\r\n\r\n".encode())
        # The body is late: what Core makes of that time is the question.
        await asyncio.sleep(0.1)
        writer.write(b"{}")
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert answer.startswith(b"http/1.1 401 ")
        if b"connection: close" not in answer:
            await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
            writer.write(f"GET /healthz HTTP/1.1\r\nhost: {url.netloc}\r\n\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()
