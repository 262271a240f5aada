"""The official agent SDK with this solver in it, and without it again."""

import importlib.metadata

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
