"""Solving: the module's function, the solver, schemes, errors."""

import enum
import json
import math
import pickle
import sys
import threading
import time
import types
from pathlib import Path

import lime_pow
import pytest

VECTORS = json.loads((Path(__file__).parents[3] / "tests/vectors/lime.json").read_text())


@pytest.fixture(scope="module")
def solver():
    return lime_pow.Solver(threads=2)


def test_vectors(solver):
    assert len(VECTORS) >= 64
    for vector in VECTORS:
        puzzle = {"scheme": vector["scheme"]}
        text, difficulty = vector["challenge"], vector["difficulty"]
        puzzle["parameters"] = {"challenge": text, "difficulty": difficulty}
        solution = solver.solve(order="lowest", start=int(vector["start"]), **puzzle)
        assert (solution.nonce, solution.digests) == (vector["nonce"], [vector["digest"]])
        assert lime_pow.verify(None, vector["nonce"], **puzzle)
        assert lime_pow.verify(None, int(vector["nonce"]), **puzzle)
        assert not lime_pow.verify(None, "0" + vector["nonce"], **puzzle)


def test_solve_returns_a_nonce_that_the_sdk_accepts():
    from lime_agents._pow import _is_valid_pow

    for number in range(50):
        challenge = f"challenge {number} é 漢字 🍋"
        nonce = lime_pow.solve(challenge, 12)
        assert isinstance(nonce, str) and _is_valid_pow(challenge, nonce, 12)


def test_no_difficulty_is_no_work():
    for difficulty in [0, -1, -(10**30)]:
        assert lime_pow.solve("x", difficulty) == "0"
        assert lime_pow.solve("x", difficulty, max_timeout=0) == "0"


def hardly(seconds):
    """A difficulty that is solved in so many seconds with a probability of about 4 %: not refused, and hardly ever done."""
    rate = lime_pow.bench(seconds=0.3)["hashes_per_second"]
    return round(math.log2(25 * rate * seconds))


def test_a_timeout_is_the_sdk_s_and_ours():
    from lime_agents import PowTimeoutError

    begun = time.monotonic()
    for difficulty, timeout in [(60, 0.05), (60, 0), (60, -1), (60, math.nan), (80, 10**9), (100, math.inf), (257, 1), (10**30, 1)]:
        with pytest.raises(PowTimeoutError, match=rf"PoW not solved within .*s \(difficulty={difficulty}\)") as caught:
            lime_pow.solve("x", difficulty, max_timeout=timeout)
        assert isinstance(caught.value, lime_pow.PowTimeoutError) and isinstance(caught.value, TimeoutError)
    assert time.monotonic() - begun < 5
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value) and str(again) == str(caught.value)
    with pytest.raises(TypeError):
        lime_pow.solve("x", 60, max_timeout=None)


def test_without_the_sdk_a_timeout_is_ours(monkeypatch):
    from lime_pow import _sdk

    for name in [name for name in sys.modules if name.split(".")[0] == "lime_agents"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "lime_agents", None)
    monkeypatch.setattr(_sdk, "_timeout_class", None)
    with pytest.raises(TimeoutError) as caught:
        lime_pow.solve("x", 60, max_timeout=0.05)
    assert type(caught.value) is lime_pow.PowTimeoutError


def test_a_deadline_is_punctual():
    difficulty = hardly(0.3)
    late = []
    for number in range(20):
        begun = time.monotonic()
        try:
            lime_pow.solve(f"punctual {number}", difficulty, max_timeout=0.3)
        except lime_pow.PowTimeoutError as error:
            if "timed out" in str(error):
                late.append(time.monotonic() - begun)
        if len(late) == 3:
            break
    assert len(late) == 3, "hardly any deadline was reached"
    assert all(seconds >= 0.3 for seconds in late) and min(late) < 0.6, late


def test_any_challenge_of_utf_8():
    from lime_agents._pow import _is_valid_pow

    for challenge in ["", "x" * 1024, "x" * 1025, "é" * 600, "🍋" * 30_000, "line\nbreak\0"]:
        assert _is_valid_pow(challenge, lime_pow.solve(challenge, 8), 8)
    with pytest.raises(TimeoutError, match="1024 bytes"):
        lime_pow.solve("x" * 2000, 60, max_timeout=0.05)


def test_what_counts_as_a_difficulty(solver):
    class Odd(int):
        def __str__(self):
            return "2"

    class Level(enum.IntEnum):
        HARD = 9

    for difficulty in [Odd(9), Level.HARD, True]:
        assert lime_pow.verify("x", lime_pow.solve("x", difficulty), int(difficulty))
    assert lime_pow.verify("x", solver.solve("x", Odd(9)).nonce, 9)
    with pytest.raises(TypeError):
        lime_pow.solve("x", 5.5)


def test_bad_input_is_a_value_error(solver):
    for arguments, message in [
        (("x" * 1025, 5), "1025 bytes exceed 1024"),
        (("x", 257), "difficulty 257 exceeds 256 bits|257"),
        (("x", "five"), "five"),
        ((None, 5), "challenge is missing"),
    ]:
        with pytest.raises(ValueError, match=message):
            solver.solve(*arguments)
    for keywords, message in [
        ({"scheme": "nope"}, "unknown scheme"),
        ({"order": "best"}, 'must be "any" or "lowest"'),
        ({"parameters": {"colour": 1}}, 'no parameter "colour"'),
        ({"start": 5, "max_nonce": 4}, "5"),
    ]:
        with pytest.raises(ValueError, match=message):
            solver.solve("x", 5, **keywords)
    for keywords in [{"threads": 0}, {"threads": 1025}, {"kernel": "nope"}, {"pinning": "maybe"}]:
        with pytest.raises(ValueError):
            lime_pow.Solver(**keywords)
    for challenge, difficulty in [("x", 5.5), (5, 5), ("x", True), ({1, 2}, 5), ({"pow_challenge": object()}, 5)]:
        with pytest.raises(TypeError):
            solver.solve(challenge, difficulty)
    with pytest.raises(OverflowError):
        solver.solve("x", 5, max_nonce=2**64)
    with pytest.raises(UnicodeEncodeError):
        solver.solve("\ud800", 5)


def test_what_is_no_nonce_does_not_verify():
    for nonce in ["\ud800", "", "-1", "007", "1e3", b"\xff", b"01", -1, 2**64, 2**200, [], ["0", "0"], ("\ud800",)]:
        assert lime_pow.verify("x", nonce, 0) is False

    class Seven:
        def __index__(self):
            return 7

    assert lime_pow.verify("x", Seven(), 0)
    assert lime_pow.verify("x", ("7",), 0) is lime_pow.verify("x", 7, 0) is lime_pow.verify("x", b"7", 0) is True
    for nonce in [None, True, 1.0, [None]]:
        with pytest.raises(TypeError, match="nonces are int, str or bytes, not"):
            lime_pow.verify("x", nonce, 0)


def test_exhausted_and_cancelled_are_solve_errors(solver):
    with pytest.raises(lime_pow.SolveError, match="100"):
        solver.solve("x", 20, start=0, max_nonce=99)
    job = solver.submit("x", 60)
    assert not job.done()
    with pytest.raises(lime_pow.SolveError, match="not ended"):
        job.result()
    with pytest.raises(lime_pow.PowTimeoutError, match="goes on"):
        job.wait(timeout=0.01)
    job.cancel()
    with pytest.raises(lime_pow.SolveError, match="cancelled"):
        job.wait()


def test_schemes(solver):
    parameters = types.MappingProxyType({"token": "t", "c": 8, "s": 32, "d": 2})
    solution = solver.solve(scheme="cap", parameters=parameters)
    assert len(solution.nonces) == 8
    assert lime_pow.verify(None, solution.nonces, scheme="cap", parameters={"token": "t", "c": 8, "s": 32, "d": 2})
    assert not lime_pow.verify(None, solution.nonces[:7], scheme="cap", parameters={"token": "t", "c": 8, "s": 32, "d": 2})
    challenge = "ab" * 64
    solution = solver.solve(challenge, 3, scheme="anubis")
    assert lime_pow.verify(challenge, solution.nonce, 3, scheme="anubis")
    assert solution.digests[0].startswith("000")


def test_progress(solver):
    seen = []

    class Enough(Exception):
        pass

    def tell(progress):
        seen.append(progress)
        if len(seen) == 3:
            raise Enough

    with pytest.raises(Enough):
        solver.solve("x", 60, progress=tell)
    assert 0 < seen[0].hashes < seen[1].hashes < seen[2].hashes
    assert 0 <= seen[0].chance < 1 and (seen[0].solved, seen[0].sub_puzzles) == (0, 1)
    assert seen[2].time_to_95 > seen[2].time_to_50 > 0
    assert seen[2].elapsed > 0.2 and seen[2].hashes_per_second > 0


def test_from_many_threads_at_once(solver):
    failures = []

    def work(thread):
        for number in range(200):
            challenge = f"{thread}-{number}"
            if not lime_pow.verify(challenge, solver.solve(challenge, 10).nonce, 10):
                failures.append(challenge)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_gil_is_released(solver):
    job = solver.submit("x", 60)

    def tick():
        for _ in range(20):
            time.sleep(0.001)
        job.cancel()

    # With the GIL held it would not get to cancel.
    ticker = threading.Thread(target=tick)
    ticker.start()
    with pytest.raises(lime_pow.SolveError, match="cancelled"):
        job.wait(timeout=30)
    ticker.join()


def test_info_bench_and_calibrate(solver):
    info = lime_pow.info()
    assert info["version"] == lime_pow.__version__
    assert info["kernels"][info["kernel"]] is None and info["cores"] >= 1
    assert (solver.threads, solver.kernel) == (2, info["kernel"])
    bench = lime_pow.bench(solver, seconds=0.2)
    assert bench["hashes_per_second"] > 1e5 and bench["threads"] == 2
    # At a million hashes a second 2^18 of them, three times that at most in 95 of 100.
    advice = lime_pow.calibrate(1.0, chance=0.95, hashes_per_second=1e6)
    assert advice["difficulty"] == 18
    assert advice["time"] <= 1.0 < advice["time_if_harder"]
    assert lime_pow.calibrate(0.25, solver=solver, seconds=0.1)["difficulty"] > 10
    # Other jobs do not keep a measurement from ending.
    job = solver.submit("x", 60)
    assert lime_pow.bench(solver, seconds=0.1)["hashes_per_second"] > 0
    job.cancel()
    with pytest.raises(ValueError, match="chance 2"):
        lime_pow.calibrate(1.0, chance=2)
    stats = solver.stats()
    assert stats["solved"] > 0 and stats["panicked"] == 0
