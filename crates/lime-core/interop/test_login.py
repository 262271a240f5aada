"""Logins of agents to sites, with the official SDKs on both ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import jwt
import pytest
from anyio import fail_after
from lime_agents import ApiError as AgentApiError
from lime_agents import ApprovalResult
from lime_agents._pow import _is_valid_pow, solve
from lime_sites import ApiError as SiteApiError
from lime_sites import InvalidPassportError

from conftest import StartCore
from core import Core
from inbox import Inbox

NOT_FOUND = "SITE_LOGIN_REQUEST_NOT_FOUND"


async def test_full_login(core: Core) -> None:
    async with core.site() as site, core.agent() as agent:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        assert request.status == "PENDING"
        assert UUID(request.request_id).version == 4
        left = request.expires_at - datetime.now(timezone.utc)
        assert timedelta(seconds=290) < left <= timedelta(seconds=300)

        result = await agent.login(request.request_id)
        assert result.status in ("APPROVED", "DELIVERED")
        assert result.request_id == request.request_id
        assert result.expires_at == request.expires_at
        profile = await agent.get_profile()
        assert result.approved_agent_id == profile.agent_id

        passport = await inbox.passport(request.request_id)
        verified = await site.verify_passport(passport, expected_request_id=request.request_id)
        assert verified.valid
        assert verified.claims["agent_id"] == profile.agent_id
        assert verified.claims["user_id"] == profile.owner_id
        assert verified.claims["request_id"] == request.request_id
        assert verified.claims["passport_version"] == "5"

        state = await site._client.get(f"/modules/agent-login/requests/{request.request_id}")
        assert state["status"] == "DELIVERED"
        with pytest.raises(InvalidPassportError, match="request_id"):
            await site.verify_passport(passport, expected_request_id=str(uuid4()))


async def test_a_passport_has_the_claims_that_are_promised_and_no_others(core: Core) -> None:
    async with core.site() as site, core.agent() as agent:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        await agent.login(request.request_id)
        passport = await inbox.passport(request.request_id)
    header = jwt.get_unverified_header(passport)
    claims = jwt.decode(passport, options={"verify_signature": False})
    assert header.keys() == {"alg", "typ", "kid"}
    assert header["alg"] == "RS256" and header["typ"] == "JWT"
    promised = {"aud", "iss", "sub", "request_id", "site_id", "user_id", "passport_version", "iat", "exp"}
    assert claims.keys() == promised
    assert claims["aud"] == "lime-site-login"
    assert claims["iss"] == core.origin
    assert claims["exp"] - claims["iat"] == 65


async def test_sites_and_agents_at_once(start_core: StartCore) -> None:
    """Each site is told of its own logins, each once, and of no other's."""
    sites, agents, rounds = 3, 4, 3
    core = start_core(sites=sites, agents=agents, difficulty=12)
    async with AsyncExitStack() as stack:
        site = [await stack.enter_async_context(core.site(number)) for number in range(1, sites + 1)]
        agent = [await stack.enter_async_context(core.agent(number)) for number in range(1, agents + 1)]
        inboxes = [Inbox() for _ in site]
        for one, inbox in zip(site, inboxes):
            one.on_login(inbox)
        profiles = [await one.get_profile() for one in agent]
        assert len({profile.agent_id for profile in profiles}) == agents

        async def login(place: int, who: int) -> tuple[int, str]:
            request = await site[place].create_login_request()
            result = await agent[who].login(request.request_id)
            assert result.approved_agent_id == profiles[who].agent_id
            passport = await inboxes[place].passport(request.request_id)
            verified = await site[place].verify_passport(passport, expected_request_id=request.request_id)
            assert verified.claims["agent_id"] == profiles[who].agent_id
            assert verified.claims["user_id"] == profiles[who].owner_id
            return place, request.request_id

        with fail_after(30):
            logins = await asyncio.gather(
                *(login(place, who) for _ in range(rounds) for place in range(sites) for who in range(agents))
            )
        for place, inbox in enumerate(inboxes):
            own = Counter(request_id for where, request_id in logins if where == place)
            assert len(own) == agents * rounds
            assert Counter(request_id for request_id, _ in inbox.received) == own


async def test_a_wrong_nonce_changes_nothing(core: Core) -> None:
    async with core.site() as site, core.agent() as agent, core.http(x_agent_token=core.agent_token()) as http:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        path = f"/auth/requests/{request.request_id}"
        before = await agent._client.get_public(path)
        assert before["pow_difficulty"] == 15
        challenge, difficulty = before["pow_challenge"], before["pow_difficulty"]
        wrong = next(str(n) for n in range(100) if not _is_valid_pow(challenge, str(n), difficulty))
        right = solve(challenge, difficulty)

        approve = f"/modules/agent-login/requests/{request.request_id}/approve"
        bodies = {
            "INVALID_POW": [wrong, f"0{right}", f"+{right}", f" {right}", "-1", "x", str(2**64), "9" * 10_000],
            "MISSING_POW_NONCE": ["", None, int(right), [right], {"nonce": right}],
        }
        for code, nonces in bodies.items():
            for nonce in nonces:
                response = await http.post(approve, json={"pow_nonce": nonce})
                assert response.status_code == 400, nonce
                assert response.json()["ok"] is False
                assert response.json()["error"]["code"] == code, nonce
        response = await http.post(approve, json={})
        assert response.json()["error"]["code"] == "MISSING_POW_NONCE"
        assert await agent._client.get_public(path) == before

        result = await agent.login(request.request_id)
        assert result.status in ("APPROVED", "DELIVERED")
        await site.verify_passport(await inbox.passport(request.request_id), expected_request_id=request.request_id)


@pytest.mark.parametrize("request_id", [str(uuid4()), "no-id", "00000000-0000-0000-0000-000000000000"])
async def test_an_unknown_id_is_not_found(core: Core, request_id: str) -> None:
    async with core.site() as site, core.agent() as agent:
        with pytest.raises(AgentApiError) as login:
            await agent.login(request_id)
        with pytest.raises(AgentApiError) as approve:
            await agent._client.post(f"/modules/agent-login/requests/{request_id}/approve", {"pow_nonce": "0"})
        with pytest.raises(SiteApiError) as read:
            await site._client.get(f"/modules/agent-login/requests/{request_id}")
    for refused in (login, approve, read):
        assert (refused.value.code, refused.value.http_status) == (NOT_FOUND, 404)


async def test_another_sites_request_is_not_found(core: Core) -> None:
    """Foreign, unknown and malformed: a site cannot tell one from the other."""
    async with core.site(1) as first, core.site(2) as second, core.agent() as agent:
        request = await first.create_login_request()
        answers = []
        for request_id in (request.request_id, str(uuid4()), "no-id"):
            with pytest.raises(SiteApiError) as refused:
                await second._client.get(f"/modules/agent-login/requests/{request_id}")
            answers.append((refused.value.code, refused.value.http_status, refused.value.message, refused.value.detail))
        assert len({repr(answer) for answer in answers}) == 1
        assert answers[0][:2] == (NOT_FOUND, 404)
        own = await first._client.get(f"/modules/agent-login/requests/{request.request_id}")
        assert own["status"] == "PENDING"
        await agent.login(request.request_id)
        with pytest.raises(SiteApiError) as refused:
            await second._client.get(f"/modules/agent-login/requests/{request.request_id}")
        assert refused.value.code == NOT_FOUND


async def test_a_second_agent_is_refused_and_the_first_may_repeat_itself(core: Core) -> None:
    async with core.site() as site, core.agent(1) as first, core.agent(2) as second:
        inbox = Inbox()
        site.on_login(inbox)
        request = await site.create_login_request()
        # `login` would ask for the challenge, which is gone once somebody is in: here both have it before.
        challenge = await second._client.get_public(f"/auth/requests/{request.request_id}")
        difficulty = challenge["pow_difficulty"]
        nonce = solve(challenge["pow_challenge"], difficulty)
        approve = f"/modules/agent-login/requests/{request.request_id}/approve"
        approved = await first._client.post(approve, {"pow_nonce": nonce})
        result = ApprovalResult.from_api(approved)

        for agent, other in ((second, nonce), (second, "0"), (first, str(int(nonce) + 1))):
            with pytest.raises(AgentApiError) as refused:
                await agent._client.post(approve, {"pow_nonce": other})
            assert (refused.value.code, refused.value.http_status) == ("SITE_LOGIN_CONFLICT", 409)
        with pytest.raises(AgentApiError) as refused:
            await second.login(request.request_id)
        assert (refused.value.code, refused.value.http_status) == (NOT_FOUND, 404)

        # What a client sends again, not knowing whether it was heard.
        again = ApprovalResult.from_api(await first._client.post(approve, {"pow_nonce": nonce}))
        assert again.status in ("APPROVED", "DELIVERED")
        assert (again.request_id, again.site_id, again.expires_at, again.approved_agent_id) == (
            result.request_id, result.site_id, result.expires_at, result.approved_agent_id
        )  # fmt: skip
        verified = await site.verify_passport(await inbox.passport(request.request_id))
        assert verified.claims["agent_id"] == (await first.get_profile()).agent_id
        assert len(inbox.received) == 1


@pytest.mark.parametrize("has_challenge", [False, True], ids=["login", "approve"])
async def test_of_racing_agents_exactly_one_wins(start_core: StartCore, has_challenge: bool) -> None:
    """They race for the whole login, or for the approval alone."""
    contenders, rounds = 8, 10
    core = start_core(agents=contenders, difficulty=6)
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(core.site())
        inbox = Inbox()
        site.on_login(inbox)
        agents = [await stack.enter_async_context(core.agent(number)) for number in range(1, contenders + 1)]
        ids = [(await agent.get_profile()).agent_id for agent in agents]
        for _ in range(rounds):
            request = await site.create_login_request()
            if has_challenge:
                challenge = await agents[0]._client.get_public(f"/auth/requests/{request.request_id}")
                nonce = solve(challenge["pow_challenge"], challenge["pow_difficulty"])
                path = f"/modules/agent-login/requests/{request.request_id}/approve"
                attempts = [agent._client.post(path, {"pow_nonce": nonce}) for agent in agents]
            else:
                attempts = [agent.login(request.request_id) for agent in agents]
            with fail_after(15):
                outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            refusals = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
            assert len(refusals) == contenders - 1, outcomes
            for refusal in refusals:
                assert isinstance(refusal, AgentApiError)
                # Too late for the approval, or even for the challenge.
                assert refusal.code == "SITE_LOGIN_CONFLICT" or (not has_challenge and refusal.code == NOT_FOUND)
            (winner,) = (one for one, outcome in zip(ids, outcomes) if outcome not in refusals)
            passport = await inbox.passport(request.request_id)
            verified = await site.verify_passport(passport, expected_request_id=request.request_id)
            assert verified.claims["agent_id"] == winner
        assert len(inbox.received) == rounds
