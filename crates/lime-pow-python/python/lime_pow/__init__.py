"""The proof of work of LIME agents, solved with SIMD on all cores.

>>> import lime_pow
>>> lime_pow.solve("test-challenge-0001", 0)
'0'
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Mapping
from typing import Any

from lime_pow import _lime_pow
from lime_pow._lime_pow import (
    Job,
    PowTimeoutError,
    Progress,
    Solution,
    SolveError,
    __version__,
    info,
    verify,
)
from lime_pow._sdk import accelerate, restore, timeout_error

__all__ = [
    "Job",
    "PowTimeoutError",
    "Progress",
    "Solution",
    "SolveError",
    "Solver",
    "__version__",
    "accelerate",
    "bench",
    "calibrate",
    "info",
    "restore",
    "solve",
    "verify",
]

# Before the interpreter goes, so that no thread of ours calls into it afterwards.
atexit.register(_lime_pow.stop_notifier)


class Solver(_lime_pow.Solver):
    """A pool of worker threads that solves challenges, many at once, for all threads of the process.

    A child of ``os.fork`` that uses it gets a pool of its own; jobs of the parent raise ``SolveError`` there.
    """

    async def asolve(
        self,
        challenge: str | None = None,
        difficulty: int | str | None = None,
        *,
        scheme: str = "lime-v1",
        parameters: Mapping[str, int | str] | None = None,
        order: str = "any",
        start: int = 0,
        max_nonce: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
    ) -> Solution:
        """As ``solve``, without blocking the event loop. Cancelling the task stops the threads."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not ended.done():
                ended.set_result(None)

        def on_done() -> None:
            try:
                loop.call_soon_threadsafe(wake)
            except RuntimeError:
                pass  # the loop has been closed, and nobody waits

        job = self.submit(
            challenge,
            difficulty,
            scheme=scheme,
            parameters=parameters,
            order=order,
            start=start,
            max_nonce=max_nonce,
            threads=threads,
            timeout=timeout,
            on_done=on_done,
        )
        try:
            await ended
        finally:
            job.cancel()  # changes nothing about a job that has ended
        return job.result()


_default: Solver | None = None


def _default_solver() -> Solver:
    """One pool for the process, made on first use."""
    global _default
    if _default is None:
        _default = Solver()
    return _default


def solve(challenge: str, difficulty: int, *, max_timeout: float = 10.0) -> str:
    """Find a nonce for a challenge of LIME; the same call as the official SDK's own solver.

    Any solution, not the smallest. Raises ``PowTimeoutError`` after ``max_timeout`` seconds, or at once where the chance
    to solve it in time is under 1 %: the SDK's own class where that is installed, which is then also one of ours.
    """
    if difficulty <= 0:
        return "0"
    try:
        return _default_solver().solve(challenge, difficulty, timeout=max_timeout).nonce
    except PowTimeoutError as error:
        message = f"PoW not solved within {max_timeout}s (difficulty={difficulty}): {error}"
        raise timeout_error(message) from None


def bench(
    solver: Solver | None = None, *, seconds: float = 1.0, scheme: str = "lime-v1"
) -> dict[str, Any]:
    """Hashes per second of a solver (the process's own unless given), as the median of windows of 50 ms."""
    return _lime_pow.bench(solver or _default_solver(), seconds=seconds, scheme=scheme)


def calibrate(
    limit: float,
    *,
    chance: float = 0.95,
    hashes_per_second: float | None = None,
    solver: Solver | None = None,
    scheme: str = "lime-v1",
    seconds: float = 1.0,
) -> dict[str, Any]:
    """The hardest difficulty that is solved within ``limit`` seconds with probability ``chance``.

    For the rate given, or else for this machine's, measured for ``seconds``.
    """
    return _lime_pow.calibrate(
        solver or _default_solver(),
        limit,
        chance=chance,
        hashes_per_second=hashes_per_second,
        scheme=scheme,
        seconds=seconds,
    )
