"""The proof of work of LIME agents, solved with SIMD on all cores.

>>> import lime_pow
>>> lime_pow.solve("test-challenge-0001", 0)
'0'
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import operator
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

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
from lime_pow._notifier import callbacks
from lime_pow._sdk import accelerate, restore, timeout_error

__all__ = [
    "ChallengeWarning",
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

#: What a server sent: a text, bytes, or its parsed JSON.
Challenge: TypeAlias = str | bytes | bytearray | Mapping[str, Any] | list[Any] | tuple[Any, ...]

# A child has none of its parent's threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_lime_pow.forked)


class ChallengeWarning(UserWarning):
    """A challenge whose solution the server may not take: it has expired, or asks for more than nonces."""


def _warned(job: Job) -> Job:
    """Tells the caller of a public method, which is one frame further up, of a job's warnings."""
    for warning in job.warnings:
        warnings.warn(warning, ChallengeWarning, stacklevel=3)
    return job


class Solver(_lime_pow.Solver):
    """A pool of worker threads that solves challenges, many at once, for all threads of the process.

    A child of ``os.fork`` that uses it gets a pool of its own; jobs of the parent raise ``SolveError`` there.
    """

    def submit(
        self,
        challenge: Challenge | None = None,
        difficulty: int | str | bytes | None = None,
        *,
        scheme: str = "lime-v1",
        parameters: Mapping[str, int | str | bytes] | None = None,
        order: str = "any",
        start: int = 0,
        max_nonce: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
        on_done: Callable[[], object] | None = None,
    ) -> Job:
        """Start a search and return at once.

        ``challenge`` is what the server sent: a text, its JSON as text, bytes or an object, of any version of
        the scheme. What is empty, null, a page or another system's raises ``ValueError``. ``difficulty`` is
        the parameter that makes the puzzle harder, and ``parameters`` holds any parameter by name, with any
        text as it is; both take precedence. ``max_nonce`` is the largest nonce that the server reads, instead
        of the scheme's own limit. A challenge that has expired, or that nonces alone do not answer, is a
        ``ChallengeWarning``, and in ``Solution.warnings``. Bad input raises ``ValueError``. ``on_done`` is called
        when the search has ended, from a thread that all callbacks share, so it must not block. It must not
        refer to the job either, which would then live until the search has ended.
        """
        job = self._submit(
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
            callbacks=None if on_done is None else callbacks(),
        )
        return _warned(job)

    def solve(
        self,
        challenge: Challenge | None = None,
        difficulty: int | str | bytes | None = None,
        *,
        scheme: str = "lime-v1",
        parameters: Mapping[str, int | str | bytes] | None = None,
        order: str = "any",
        start: int = 0,
        max_nonce: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
        progress: Callable[[Progress], object] | None = None,
    ) -> Solution:
        """Start a search as ``submit`` does, and wait for its solution without holding the GIL.

        Signals are checked every 25 ms, and an exception of a handler stops the search. ``progress`` is
        called about every 100 ms.
        """
        job = self._submit(
            challenge,
            difficulty,
            scheme=scheme,
            parameters=parameters,
            order=order,
            start=start,
            max_nonce=max_nonce,
            threads=threads,
            timeout=timeout,
        )
        try:
            _warned(job)
            while progress is not None and not job.done(0.1):
                progress(job.progress())
            return job.wait()
        finally:
            job.cancel()  # changes nothing about a job that has ended

    async def asolve(
        self,
        challenge: Challenge | None = None,
        difficulty: int | str | bytes | None = None,
        *,
        scheme: str = "lime-v1",
        parameters: Mapping[str, int | str | bytes] | None = None,
        order: str = "any",
        start: int = 0,
        max_nonce: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
    ) -> Solution:
        """As ``solve``, without blocking the event loop. Cancelling the task stops the threads."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        # The job refers to ``on_done``, where no garbage collector sees it. If ``on_done`` referred to the
        # waiting task or to its loop, these would never be collected once nobody else refers to them; so its
        # references are weak. The loop refers to the task, through ``_Hold``.
        loop_of_job, ended_of_job = weakref.ref(loop), weakref.ref(ended)
        hold = _Hold(loop, ended)

        def wake() -> None:
            future = ended_of_job()
            if future is not None and not future.done():
                future.set_result(None)

        def on_done() -> None:
            loop = loop_of_job()
            if loop is not None:
                with contextlib.suppress(RuntimeError):  # it has been closed, and nobody waits
                    loop.call_soon_threadsafe(wake)

        try:
            job = self._submit(
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
                callbacks=callbacks(),
            )
            try:
                _warned(job)
                await ended
            finally:
                job.cancel()  # changes nothing about a job that has ended
            return job.result()
        finally:
            hold.end()


class _Hold:
    """Keeps a future, and so whoever awaits it, alive while its loop is open, by a timer of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> None:
        self._loop, self._future = loop, future
        self._renew()

    def _renew(self) -> None:
        # Some loops keep what has been cancelled until its time has come: not for long.
        self._timer = self._loop.call_later(60, self._renew)

    def end(self) -> None:
        self._timer.cancel()


_default: Solver | None = None
# Reentrant, for a signal's handler that solves.
_default_lock = threading.RLock()


def _renew_lock() -> None:
    global _default_lock
    _default_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _default_solver() -> Solver:
    """One pool for the process, made on first use."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Solver()
        return _default


#: Bytes of a challenge that the library takes.
_MAX_BYTES = 1024


def solve(challenge: str, difficulty: int, *, max_timeout: float = 10.0) -> str:
    """Find a nonce for a challenge of LIME; the same call as the official SDK's own solver.

    Returns any solution, not the smallest. Raises ``PowTimeoutError`` after ``max_timeout`` seconds, or at
    once where the chance to solve the challenge in time is under 1 %. Where the SDK is installed, it is
    imported then, and the exception is an instance of the SDK's ``PowTimeoutError`` too.
    """
    if difficulty <= 0:
        return "0"
    difficulty = operator.index(difficulty)
    # Longer than the library can count to is for ever.
    seconds = min(float(max_timeout), 1e9)

    def late(why: object) -> BaseException:
        return timeout_error(f"PoW not solved within {max_timeout}s (difficulty={difficulty}): {why}")

    if difficulty > 256:
        raise late("a digest has 256 bits")
    if len(challenge) > _MAX_BYTES or len(challenge.encode()) > _MAX_BYTES:
        nonce = _solve_long(challenge, difficulty, seconds)
        if nonce is None:
            raise late("challenges of more than 1024 bytes are solved by Python alone")
        return nonce
    try:
        # By name: any text is a challenge here, as in the SDK.
        puzzle: dict[str, int | str | bytes] = {"challenge": challenge, "difficulty": difficulty}
        return _default_solver().solve(parameters=puzzle, timeout=seconds).nonce
    except PowTimeoutError as error:
        raise late(error) from None


def _solve_long(challenge: str, difficulty: int, seconds: float) -> str | None:
    """No server is known to send such a challenge, but the SDK would solve it."""
    deadline = time.monotonic() + seconds
    prefix = hashlib.sha256(b"lime:pow:v1\0" + challenge.encode() + b"\0")
    for nonce in itertools.count():
        if nonce % 64 == 0 and not time.monotonic() < deadline:
            return None
        message = prefix.copy()
        message.update(str(nonce).encode())
        if int.from_bytes(message.digest(), "big") >> (256 - difficulty) == 0:
            return str(nonce)
    raise AssertionError("counting does not end")


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
