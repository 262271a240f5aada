"""What servers send, as text, bytes or objects; what they take; and results as data."""

import asyncio
import base64
import copy
import json
import pickle
import types
import warnings

import lime_pow
import pytest

DATA = {
    "request_id": "eb4a5a84-0670-4a1b-b52b-f009b50a1362",
    "site_name": "Site",
    "status": "PENDING",
    "pow_challenge": "test-challenge-0001",
    "pow_difficulty": 15,
    "expires_at": "2999-01-01T00:00:00.000Z",
}
CAP = {"token": "token", "challenge": {"c": 2, "s": 32, "d": 4}, "expires": 32503680000000.5}


@pytest.fixture(scope="module")
def solver():
    return lime_pow.Solver(threads=2)


@pytest.mark.parametrize(
    "challenge",
    [
        DATA,
        {"ok": True, "data": DATA},
        types.MappingProxyType(DATA),
        {"ok": True, "data": types.MappingProxyType(DATA)},
        json.dumps(DATA),
        json.dumps(DATA).encode(),
        bytearray(json.dumps(DATA, ensure_ascii=False).encode("utf-16")),
    ],
)
def test_the_answer_of_lime_core(solver, challenge):
    solution = solver.solve(challenge, order="lowest")
    assert (solution.nonce, solution.warnings, solution.scheme) == ("36073", [], "lime-v1")
    assert json.loads(solution.submission()) == {"pow_nonce": "36073"}
    assert lime_pow.verify(challenge, solution.nonce)


def test_text_and_bytes(solver):
    for challenge in ["test-challenge-0001", b"test-challenge-0001", "\ufefftest-challenge-0001".encode("utf-16")[2:], '"test-challenge-0001"']:
        assert solver.solve(challenge, "15", order="lowest").nonce == "36073"
    assert solver.solve(parameters={"challenge": b"test-challenge-0001", "difficulty": b"15"}, order="lowest").nonce == "36073"


def test_what_is_no_challenge_has_no_nonce(solver):
    itself = {}
    itself["pow_challenge"] = itself
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for challenge, why in [
        ("", "empty"),
        (b"", "empty"),
        ("null", "null"),
        ("Internal Server Error", "a text with spaces"),
        ("<html>", "a page"),
        ("a\nb", "more than one line"),
        (b"\xff", "not UTF-8 after 0 bytes"),
        ({"error": "Bad Gateway"}, "the server's refusal"),
        ({"pow_challenge": float("nan")}, "not valid JSON"),
        (["a"], "JSON without pow_challenge"),
        (itself, "Circular reference"),
    ]:
        with pytest.raises(ValueError, match=why):
            solver.solve(challenge, 5)
        with pytest.raises(ValueError, match=why):
            lime_pow.verify(challenge, 1, 5)
    with pytest.raises(ValueError, match="nested too deep"):
        solver.solve(deep, 5)
    # An empty challenge is possible for who asks for it, and as in the official SDK.
    assert solver.solve(parameters={"challenge": "", "difficulty": 15}, order="lowest").nonce == "8118"
    assert lime_pow.verify(None, lime_pow.solve("", 8), parameters={"challenge": "", "difficulty": 8})
    assert lime_pow.verify(None, lime_pow.solve("null", 8), parameters={"challenge": "null", "difficulty": 8})


def test_unknown_members_of_a_server_are_ignored_and_others_named(solver):
    challenge = {"rules": {"algorithm": "fast", "difficulty": 2, "report_as": 1}, "challenge": {"randomData": "ab" * 64, "new": [1]}}
    assert solver.solve(challenge, scheme="anubis").digests[0].startswith("00")
    challenge["rules"]["algorithm"] = "preact"
    with pytest.raises(ValueError, match='algorithm "preact": is not solved by nonces'):
        solver.solve(challenge, scheme="anubis")
    with pytest.raises(ValueError, match='no parameter "colour"'):
        solver.solve("x", 5, parameters={"colour": 1})
    hostile = {"token": "t", "format": 2, "challenges": [{"protocol": "sha256-pow", "salt": "aa", "target": "0"}, {"protocol": "rsw\0\n"}]}
    with pytest.warns(lime_pow.ChallengeWarning, match=r'asks for "rsw\\0\\n" too'):
        solver.solve(hostile, scheme="cap")


def test_doubts_are_warnings(solver):
    expired = {**DATA, "expires_at": "2026-01-01T00:00:00Z"}
    with pytest.warns(lime_pow.ChallengeWarning, match="the challenge has expired at 2026-01-01T00:00:00Z") as told:
        solution = solver.solve(expired)
        solver.submit(expired).wait()
    assert [warning.filename for warning in told] == [__file__, __file__]
    with pytest.warns(lime_pow.ChallengeWarning):
        asyncio.run(solver.asolve(expired))
    assert solution.warnings == ["the challenge has expired at 2026-01-01T00:00:00Z"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(lime_pow.ChallengeWarning, match="asks for instrumentation too"):
            solver.solve({**CAP, "instrumentation": "eJw="}, scheme="cap")
        solver.solve(CAP, scheme="cap")


def test_submissions(solver):
    solution = solver.solve(CAP, scheme="cap", order="lowest")
    assert json.loads(solution.submission()) == {"token": "token", "solutions": [16781, 11294]}
    challenge = {"rules": {"algorithm": "fast", "difficulty": 1}, "challenge": "ab" * 32}
    solution = solver.solve(challenge, scheme="anubis")
    assert solution.submission(redir="/?a", id=b"x").startswith(f"id=x&response={solution.digests[0]}&nonce={solution.nonce}&redir=%2F%3Fa&elapsedTime=")
    with pytest.raises(ValueError, match="redir is missing"):
        solution.submission()
    with pytest.raises(ValueError, match='no parameter "colour"'):
        solution.submission(colour=1)
    with pytest.raises(ValueError, match="does not solve"):
        solution.submission(redir="/", challenge="00")
    altcha = {"algorithm": "SHA-256", "challenge": "b800c2574547bfa77d8e7a7ccb19469dc31f2c484044afec359a82b141c21c6f", "maxNumber": 200000, "salt": "0123456789abcdef01234567?expires=1893456000&", "signature": "5ee"}
    payload = json.loads(base64.b64decode(solver.solve(altcha, scheme="altcha-v1").submission()))
    assert payload.pop("number") == 123456
    assert payload == {name: altcha[name] for name in ["algorithm", "challenge", "salt", "signature"]}


def test_the_largest_nonce_can_be_another(solver):
    puzzle = {"scheme": "anubis", "parameters": {"challenge": "00", "difficulty": 1}}
    large = solver.solve(start=2**60, max_nonce=2**63 - 1, **puzzle).nonce
    query = solver.solve(start=2**60, max_nonce=2**63 - 1, **puzzle).submission(redir="/")
    assert int(query.split("nonce=")[1].split("&")[0]) >= 2**60
    assert not lime_pow.verify(None, large, **puzzle) and lime_pow.verify(None, large, max_nonce=2**63 - 1, **puzzle)


def test_results_are_data(solver):
    solution = solver.solve(DATA, order="lowest")
    job = solver.submit("x", 60)
    while not job.progress().hashes:
        pass
    progress = job.progress()
    job.cancel()
    for result, other in [(solution, solver.solve(DATA, order="lowest", start=36074)), (progress, job.progress())]:
        for again in [copy.copy(result), copy.deepcopy(result), *(pickle.loads(pickle.dumps(result, protocol)) for protocol in range(2, 6))]:
            assert again == result and hash(again) == hash(result) and repr(again) == repr(result)
        assert result != other and result != 7
    assert pickle.loads(pickle.dumps(solution)).submission() == solution.submission()
