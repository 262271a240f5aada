"""Logins of the unmodified official agent SDK against `lime-core dev`, with its own solver and with lime_pow in its place, in turns.

    crates/lime-pow-python/dev.sh        # builds and installs the wheel
    cargo build --release -p lime-core
    target/python/3.11/bin/python crates/lime-pow-python/bench/login.py target/release/lime-core
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lime_agents._agent
import lime_pow
from lime_agents import LimeAgent
from lime_sites import LimeSite

#: Logins with the SDK's solver for each difficulty, enough for a 95th percentile, and few enough to wait for.
LOGINS = {15: 200, 18: 60, 20: 40}


@contextlib.contextmanager
def core(binary: Path, difficulty: int) -> Iterator[dict[str, str]]:
    """A server with its addresses and tokens."""
    with tempfile.TemporaryDirectory() as directory:
        env_file = Path(directory, "lime.env")
        command = [binary, "dev", "--port=0", f"--difficulty={difficulty}", f"--env-file={env_file}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                while not env_file.exists():
                    assert process.poll() is None, "lime-core did not start"
                    time.sleep(0.01)
                yield dict(line.split("=", 1) for line in env_file.read_text().splitlines())
            finally:
                process.terminate()


@contextlib.contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Notes how long each call of the agent's solver takes, whichever it is."""
    solve: Callable[..., str] = lime_agents._agent.solve

    def wrapper(challenge: str, difficulty: int, *, max_timeout: float = 10.0) -> str:
        begun = time.perf_counter()
        try:
            return solve(challenge, difficulty, max_timeout=max_timeout)
        finally:
            times.append(time.perf_counter() - begun)

    lime_agents._agent.solve = wrapper
    try:
        yield
    finally:
        lime_agents._agent.solve = solve


async def measure(environment: dict[str, str], logins: int) -> tuple[list[float], list[float]]:
    """Seconds of solving: with the SDK's solver, and with ours."""
    before: list[float] = []
    after: list[float] = []
    base = environment["LIME_API_BASE"]
    async with (
        LimeSite(site_token=environment["LIME_SITE_TOKEN"], base_url=base) as site,
        LimeAgent(agent_token=environment["LIME_AGENT_TOKEN"], base_url=base, pow_timeout=3600) as agent,
    ):

        async def login(times: list[float]) -> None:
            request = await site.create_login_request()
            with timed(times):
                result = await agent.login(request.request_id)
            assert result.status in ("APPROVED", "DELIVERED")

        for _ in range(logins):
            await login(before)
            with lime_pow.accelerate():
                await login(after)
    return before, after


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=Path, help="lime-core")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of logins")
    arguments = parser.parse_args()
    info = lime_pow.info()
    print(f"lime_pow {info['version']}, kernel {info['kernel']}, {info['parallelism']} threads, {os.cpu_count()} cores")
    print("difficulty  logins        SDK p50      p95     lime_pow p50      p95     median ratio")
    for difficulty, usual in LOGINS.items():
        with core(arguments.binary, difficulty) as environment:
            logins = max(2, round(usual * arguments.share))
            before, after = asyncio.run(measure(environment, logins))
        ms = [1000 * percentile(times, share) for times in (before, after) for share in (0.5, 0.95)]
        ratio = statistics.median(before) / statistics.median(after)
        print(f"{difficulty:10} {logins:7} {ms[0]:11.2f} ms {ms[1]:8.2f} {ms[2]:12.3f} ms {ms[3]:9.3f} {ratio:14.0f} x")


if __name__ == "__main__":
    main()
