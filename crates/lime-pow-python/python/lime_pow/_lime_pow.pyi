"""What the extension module holds; see the package for what is meant to be used."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, final

from typing_extensions import Self, disjoint_base

from lime_pow import Challenge

__version__: str

class PowTimeoutError(TimeoutError):
    """No solution in time, or hardly a chance to find one in time."""

class SolveError(RuntimeError):
    """The search ended without a solution: nonces exhausted, cancelled, or the system refused threads."""

@final
class Solution:
    """A solved puzzle; every nonce has been checked with an independent SHA-256.

    It can be pickled, copied and compared.
    """

    @property
    def nonce(self) -> str:
        """The nonce, canonical decimal; of several sub-puzzles, the first's."""
    @property
    def nonces(self) -> list[str]:
        """One for each sub-puzzle."""
    @property
    def digests(self) -> list[str]:
        """SHA-256 of each message, in hexadecimal."""
    @property
    def scheme(self) -> str:
        """The scheme of the puzzle."""
    @property
    def warnings(self) -> list[str]:
        """What makes the solution doubtful: a challenge that has expired, or that nonces alone do not answer."""
    @property
    def hashes(self) -> int:
        """Nonces tried."""
    @property
    def elapsed(self) -> float:
        """Seconds since the job was submitted."""
    @property
    def hashes_per_second(self) -> float:
        """``hashes`` divided by ``elapsed``."""
    @property
    def kernel(self) -> str:
        """The kernel that found the nonce; of several nonces, the first."""
    @property
    def threads(self) -> int:
        """The most workers that were on it at once."""
    def submission(self, **parameters: int | str | bytes) -> str:
        """What the server's endpoint takes for an answer: the body of a request, its query, or a form field.

        What the challenge lacks for it, such as ``redir`` of Anubis, is given by name. What is missing raises
        ``ValueError``.
        """

@final
class Progress:
    """How far a search has come. It can be pickled, copied and compared."""

    @property
    def hashes(self) -> int:
        """Nonces tried."""
    @property
    def elapsed(self) -> float:
        """Seconds since the job was submitted."""
    @property
    def hashes_per_second(self) -> float:
        """Of this job, since it was submitted."""
    @property
    def solved(self) -> int:
        """Sub-puzzles that are solved."""
    @property
    def sub_puzzles(self) -> int:
        """Sub-puzzles in all."""
    @property
    def chance(self) -> float:
        """Probability that this many hashes solve the puzzle."""
    @property
    def time_to_50(self) -> float | None:
        """Seconds from now after which it is solved with probability 0.5; ``None`` before the first hash."""
    @property
    def time_to_95(self) -> float | None:
        """Seconds from now after which it is solved with probability 0.95; ``None`` before the first hash."""

@final
class Job:
    """A search under way. Dropping it cancels it."""

    def wait(self, timeout: float | None = None) -> Solution:
        """Block until it ends. After ``timeout`` seconds ``PowTimeoutError``, and the job goes on."""
    def result(self) -> Solution:
        """The outcome, or its exception; ``SolveError`` while there is none."""
    def done(self, timeout: float = 0.0) -> bool:
        """Whether it has ended, or does within ``timeout`` seconds."""
    def cancel(self) -> None:
        """End it with ``SolveError``, unless it has ended; its threads leave it within about 100 µs."""
    @property
    def warnings(self) -> list[str]:
        """What makes a solution doubtful: a challenge that has expired, or that nonces alone do not answer."""
    def progress(self) -> Progress:
        """How far it has come."""

@disjoint_base
class Solver:
    def __new__(
        cls,
        *,
        threads: int | None = None,
        pinning: Literal["auto", "on", "off"] = "auto",
        kernel: str | None = None,
        low_priority: bool = False,
    ) -> Self:
        """Start the workers: one a core unless ``threads`` says otherwise, with the kernels that a short measurement chooses."""
    def _submit(
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
        callbacks: Callbacks | None = None,
    ) -> Job: ...
    @property
    def threads(self) -> int:
        """Workers of the pool."""
    @property
    def pinned(self) -> int:
        """Workers that the system let us pin to a core."""
    @property
    def kernel(self) -> str:
        """The kernel that searches for LIME's own challenges; others may suit another."""
    def stats(self) -> dict[str, int]:
        """Counts since the pool was made."""

def verify(
    challenge: Challenge | None,
    nonce: str | int | bytes | list[str] | list[int] | list[bytes] | tuple[str | int | bytes, ...],
    difficulty: int | str | bytes | None = None,
    *,
    scheme: str = "lime-v1",
    parameters: Mapping[str, int | str | bytes] | None = None,
    max_nonce: int | None = None,
) -> bool:
    """Whether a nonce, or a list of one nonce for each sub-puzzle, solves a puzzle.

    Text that is not a canonical decimal number solves none, nor does a number of more than 64 bits.
    """

def info() -> dict[str, Any]:
    """Version, cores, the kernel for LIME's own challenges, and for each kernel ``None`` or why it cannot run here."""

def bench(solver: Solver, *, seconds: float = 1.0, scheme: str = "lime-v1") -> dict[str, Any]: ...
def calibrate(
    solver: Solver,
    limit: float,
    *,
    chance: float = 0.95,
    hashes_per_second: float | None = None,
    scheme: str = "lime-v1",
    seconds: float = 1.0,
) -> dict[str, Any]: ...
def forked() -> None: ...
def _solution(state: tuple[Any, ...]) -> Solution: ...
def _progress(state: tuple[Any, ...]) -> Progress: ...

@final
class Callbacks:
    def __new__(cls) -> Self: ...
    def here(self) -> bool:
        """Whether they are this process's."""
    def __iter__(self) -> Self: ...
    def __next__(self) -> Callable[[], object]: ...
