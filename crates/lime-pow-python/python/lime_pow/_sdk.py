"""Puts the solver into an installed ``lime-agents-sdk``, and takes it out again."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import threading
from types import TracebackType
from typing import Any

from lime_pow._lime_pow import PowTimeoutError

_PACKAGE = "lime-agents-sdk"

#: Versions whose inside is known, and where each keeps its solver: modules with a name ``solve``.
_KNOWN = {"3.0.2": ("lime_agents._pow", "lime_agents._agent")}

_lock = threading.RLock()

#: What was there before, by module; empty while nothing is replaced.
_replaced: dict[str, Any] = {}

#: Whether it stays until `restore`, and how many `with` blocks it stays for.
_lasting = False
_blocks = 0


class Acceleration:
    """What ``accelerate`` returns. As a context manager it restores at the end of the outermost block."""

    def __init__(self, lasting_before: bool) -> None:
        self._lasting_before = lasting_before

    def __enter__(self) -> Acceleration:
        global _lasting, _blocks
        with _lock:
            _lasting = self._lasting_before
            _blocks += 1
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        global _blocks
        with _lock:
            _blocks = max(0, _blocks - 1)
            if not _lasting and _blocks == 0:
                _put_back()


def accelerate() -> Acceleration:
    """Make the installed ``lime-agents-sdk`` solve with this package, until ``restore``.

    Raises ``ImportError`` where it is not installed, ``RuntimeError`` for a version that is not known. Calling it twice
    is as calling it once.
    """
    global _lasting
    import lime_pow

    try:
        version = importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise ImportError(f"{_PACKAGE} is not installed") from None
    modules = _KNOWN.get(version)
    if modules is None:
        known = ", ".join(_KNOWN)
        raise RuntimeError(f"{_PACKAGE} {version} is not known to lime_pow, only {known}")
    # All of them are there before the first is changed.
    loaded: dict[str, Any] = {name: importlib.import_module(name) for name in modules}
    with _lock:
        before, _lasting = _lasting, True
        if not _replaced:
            _replaced.update({name: module.solve for name, module in loaded.items()})
            for module in loaded.values():
                module.solve = lime_pow.solve
        return Acceleration(before)


def restore() -> None:
    """Undo ``accelerate``, inside a ``with`` block too; does nothing where there is nothing to undo."""
    global _lasting, _blocks
    with _lock:
        _lasting, _blocks = False, 0
        _put_back()


def _put_back() -> None:
    while _replaced:
        name, original = _replaced.popitem()
        module: Any = importlib.import_module(name)
        module.solve = original


@functools.cache
def _timeout_class() -> type[BaseException]:
    try:
        from lime_agents._errors import PowTimeoutError as Theirs
    except Exception:  # a broken SDK must not hide the timeout
        return PowTimeoutError
    return type("SdkPowTimeoutError", (Theirs, PowTimeoutError), {"__module__": __name__})


def __getattr__(name: str) -> Any:
    """Where ``pickle`` finds the class."""
    if name == "SdkPowTimeoutError":
        return _timeout_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def timeout_error(message: str) -> BaseException:
    """The exception of a timeout: the SDK's own class where that is installed, and always one of ours."""
    return _timeout_class()(message)
