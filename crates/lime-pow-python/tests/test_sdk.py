"""The official agent SDK with this solver in it, and without it again."""

import asyncio
import importlib.metadata
import subprocess
import sys
import threading

import lime_agents
import lime_agents._agent
import lime_agents._pow
import lime_pow
import pytest

THEIRS = lime_agents._pow.solve


@pytest.fixture(autouse=True)
def restored():
    yield
    lime_pow.restore()
    assert lime_agents._pow.solve is lime_agents._agent.solve is THEIRS


def test_accelerate_and_restore():
    assert lime_agents._agent.solve is THEIRS
    lime_pow.accelerate()
    assert lime_agents._pow.solve is lime_agents._agent.solve is lime_pow.solve
    lime_pow.accelerate()
    lime_pow.restore()
    assert lime_agents._pow.solve is lime_agents._agent.solve is THEIRS
    lime_pow.restore()


def test_as_a_context_manager():
    with lime_pow.accelerate():
        assert lime_agents._agent.solve is lime_pow.solve
    assert lime_agents._agent.solve is THEIRS
    with pytest.raises(ZeroDivisionError), lime_pow.accelerate():
        1 / 0
    assert lime_agents._agent.solve is THEIRS


def test_blocks_within_blocks_and_beside_a_lasting_call():
    with lime_pow.accelerate():
        with lime_pow.accelerate():
            pass
        assert lime_agents._agent.solve is lime_pow.solve
    assert lime_agents._agent.solve is THEIRS
    first, second = lime_pow.accelerate(), None
    with lime_pow.accelerate():
        pass
    assert lime_agents._agent.solve is lime_pow.solve, "the lasting call has not been undone"
    lime_pow.restore()
    # As two tasks that overlap.
    first, second = lime_pow.accelerate().__enter__(), lime_pow.accelerate().__enter__()
    first.__exit__(None, None, None)
    assert lime_agents._agent.solve is lime_pow.solve
    second.__exit__(None, None, None)
    assert lime_agents._agent.solve is THEIRS


def test_a_call_outlives_the_block_of_another():
    first = lime_pow.accelerate()
    lime_pow.accelerate()
    with first:
        pass
    assert lime_agents._agent.solve is lime_pow.solve
    lime_pow.restore()
    first, second = lime_pow.accelerate(), lime_pow.accelerate()
    with first, second:
        pass
    assert lime_agents._agent.solve is THEIRS


def test_a_block_may_be_entered_again_and_after_restore():
    block = lime_pow.accelerate()
    lime_pow.restore()
    for _ in range(2):
        with block, block:
            assert lime_agents._pow.solve is lime_agents._agent.solve is lime_pow.solve
        assert lime_agents._agent.solve is THEIRS
    with block:
        lime_pow.restore()
        with lime_pow.accelerate():
            block.__exit__(None, None, None)
            assert lime_agents._agent.solve is lime_pow.solve
            block.__enter__()
        assert lime_agents._agent.solve is lime_pow.solve
    assert lime_agents._agent.solve is THEIRS


def test_what_has_been_put_back_by_others_is_replaced_again():
    lime_pow.accelerate()
    lime_agents._agent.solve = THEIRS  # as a reload does
    lime_pow.accelerate()
    assert lime_agents._agent.solve is lime_pow.solve


def test_blocks_in_threads():
    seen = []

    def enter():
        for _ in range(200):
            with lime_pow.accelerate():
                seen.append(lime_agents._agent.solve)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=enter) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert set(seen) == {lime_pow.solve}
    assert lime_agents._agent.solve is THEIRS


def test_one_class_of_timeouts_for_all_threads():
    # An interpreter of its own, where the first timeouts have yet to import the SDK.
    script = """
import pickle, threading
import lime_pow

seen = []
def late():
    try:
        lime_pow.solve("x", 200, max_timeout=0.05)
    except TimeoutError as error:
        seen.append(error)
threads = [threading.Thread(target=late) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
import lime_agents
assert len(seen) == 8 and len({type(error) for error in seen}) == 1, seen
assert isinstance(seen[0], lime_agents.PowTimeoutError)
assert type(pickle.loads(pickle.dumps(seen[0]))) is type(seen[0])
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_a_login_is_solved_by_us(monkeypatch):
    """The whole way of the SDK's agent; its server answers from here."""
    approvals = []

    async def get_public(path):
        return {"pow_challenge": "test-challenge-0001", "pow_difficulty": 20}

    async def post(path, body):
        approvals.append(body["pow_nonce"])
        return {"request_id": "r", "site_id": "s", "status": "APPROVED", "expires_at": "2026-01-01T00:00:00Z"}

    async def login():
        async with lime_agents.LimeAgent(agent_token="at_x", base_url="http://127.0.0.1:1/api/v1") as agent:
            monkeypatch.setattr(agent._client, "get_public", get_public)
            monkeypatch.setattr(agent._client, "post", post)
            return await agent.login("request")

    solved = lime_pow._default_solver().stats()["solved"]
    with lime_pow.accelerate():
        assert asyncio.run(login()).status == "APPROVED"
    assert lime_pow._default_solver().stats()["solved"] == solved + 1
    assert lime_agents._pow._is_valid_pow("test-challenge-0001", *approvals, 20)


def test_unknown_versions_are_refused(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9.9")
    with pytest.raises(RuntimeError, match="lime-agents-sdk 9.9.9 is not known to lime_pow, only 3.0.2"):
        lime_pow.accelerate()
    assert lime_agents._agent.solve is THEIRS

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(ImportError, match="lime-agents-sdk is not installed"):
        lime_pow.accelerate()


def test_the_same_signature():
    import inspect

    assert inspect.signature(lime_pow.solve) == inspect.signature(THEIRS)
