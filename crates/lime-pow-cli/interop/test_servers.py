"""Challenges of real server libraries, solved by the command and by the Python package, redeemed by the library."""

import datetime
import json
import os
import random
import secrets
import string
import subprocess
import warnings

import lime_pow
import pytest
from altcha import v1 as altcha
from lime_agents._pow import _is_valid_pow

ROUNDS = int(os.environ.get("LIME_POW_INTEROP_ROUNDS", "200"))
KEY = "a key of the interop tests"


class Lines:
    """A server in another process: a JSON object a line, either way."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def server(self, name):
        return Server(
            make=lambda: self.ask(server=name)["challenge"],
            redeem=lambda _, answer: self.ask(server=name, answer=answer)["redeemed"],
        )

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=10) == 0


class Server:
    def __init__(self, make, redeem):
        self.make, self.redeem = make, redeem


@pytest.fixture(scope="module")
def node():
    lines = Lines("node", os.environ["LIME_POW_INTEROP_NODE"])
    yield lines
    lines.close()


@pytest.fixture(scope="module")
def rust():
    lines = Lines(os.environ["LIME_POW_INTEROP_RUST"])
    yield lines
    lines.close()


def altcha_py():
    def make():
        expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)
        return altcha.create_challenge(
            altcha.ChallengeOptions(
                hmac_key=KEY,
                max_number=random.randint(1, 100_000),
                salt_length=random.randint(10, 40),
                expires=random.choice([None, expires]),
                params=random.choice([None, {"key": "a b&c"}]),
            )
        ).to_dict()

    return Server(make, lambda _, answer: altcha.verify_solution(answer, KEY, True)[0])


def lime():
    def make():
        text = secrets.token_urlsafe(random.randint(1, 96)) + random.choice(["", " é漢🍋"])
        data = {"request_id": "a", "status": "PENDING", "pow_challenge": text, "pow_difficulty": random.randint(0, 16)}
        return random.choice([data, {"ok": True, "data": data}])

    def redeem(challenge, answer):
        data = challenge.get("data", challenge)
        return _is_valid_pow(data["pow_challenge"], json.loads(answer)["pow_nonce"], data["pow_difficulty"])

    return Server(make, redeem)


def by_command(scheme, challenge, inputs):
    parameters = [argument for name, value in inputs.items() for argument in ("-p", f"{name}={value}")]
    solved = subprocess.run(
        [os.environ["LIME_POW_BINARY"], "solve", "--scheme", scheme, "--challenge-file", "-", "--submission", *parameters],
        input=json.dumps(challenge) + "\n", capture_output=True, text=True, timeout=60,
    )
    assert (solved.returncode, solved.stderr) == (0, ""), (challenge, solved)
    return solved.stdout.removesuffix("\n")


def by_python(scheme, challenge, inputs):
    # Its text or what it is as an object.
    challenge = random.choice([challenge, json.dumps(challenge), json.dumps(challenge).encode()])
    return solver().solve(challenge, scheme=scheme, timeout=60).submission(**inputs)


_solver = []


def solver():
    if not _solver:
        _solver.append(lime_pow.Solver(threads=2))
    return _solver[0]


@pytest.mark.parametrize("solve", [by_command, by_python])
@pytest.mark.parametrize(
    ("scheme", "inputs", "where", "name"),
    [
        ("lime-v1", {}, None, lime),
        ("altcha-v1", {}, None, altcha_py),
        ("altcha-v1", {}, "node", "altcha"),
        ("cap", {}, "node", "cap-1"),
        ("cap", {}, "node", "cap-4"),
        ("mcaptcha", {"key": "site-key"}, "rust", "mcaptcha"),
        ("spow", {}, "rust", "spow"),
    ],
)
def test_a_library_redeems_what_is_solved(request, scheme, inputs, where, name, solve):
    server = request.getfixturevalue(where).server(name) if where else name()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(ROUNDS):
            challenge = server.make()
            answer = solve(scheme, challenge, inputs)
            assert server.redeem(challenge, answer) is True, (challenge, answer)


def test_libraries_refuse_what_is_not_solved(node, rust):
    """Else the others could not fail."""
    for server, scheme, inputs in [
        (lime(), "lime-v1", {}),
        (altcha_py(), "altcha-v1", {}),
        (node.server("altcha"), "altcha-v1", {}),
        (node.server("cap-1"), "cap", {}),
        (node.server("cap-4"), "cap", {}),
        (rust.server("mcaptcha"), "mcaptcha", {"key": "k"}),
        (rust.server("spow"), "spow", {}),
    ]:
        refused = 0
        for _ in range(20):
            challenge = server.make()
            answer = by_python(scheme, challenge, inputs)
            # Another digit, which hardly ever is an answer.
            place = max(place for place, character in enumerate(answer) if character in string.digits)
            if scheme == "altcha-v1":
                wrong = by_python(scheme, server.make(), inputs)[:-8] + answer[-8:]
            else:
                wrong = answer[:place] + str((int(answer[place]) + 1) % 10) + answer[place + 1 :]
            refused += server.redeem(challenge, wrong) is not True
        # Some of LIME's take any nonce.
        assert refused >= 10, (scheme, refused)
