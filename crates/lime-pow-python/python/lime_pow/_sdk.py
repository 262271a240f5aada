"""Puts the solver into an installed ``lime-agents-sdk``, and takes it out again."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import threading
from types import TracebackType
from typing import Any

from lime_pow._lime_pow import PowTimeoutError

_PACKAGE = "lime-agents-sdk"

#: Versions of the SDK whose internals are known, and the modules in which each has its ``solve``.
_KNOWN = {"3.0.2": ("lime_agents._pow", "lime_agents._agent")}

_lock = threading.RLock()

#: The SDK's own ``solve`` of each module where it is replaced; empty while nothing is replaced.
_replaced: dict[str, Any] = {}

#: Calls that last until `restore`, and `with` blocks that are open; both counted since the last `restore`.
_lasting = 0
_blocks = 0
_restores = 0


class Acceleration:
    """What ``accelerate`` returns. As a context manager it restores at the end of the outermost block."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._modules = modules
        # Both are values of `_restores` when the call or block was counted: a restore makes earlier ones
        # invalid.
        self._lasts_since: int | None = _restores
        self._entered: list[int] = []

    def __enter__(self) -> Acceleration:
        global _lasting, _blocks
        with _lock:
            if self._lasts_since == _restores:
                _lasting -= 1
            self._lasts_since = None
            self._entered.append(_restores)
            _blocks += 1
            _put_in(self._modules)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        global _blocks
        with _lock:
            if self._entered.pop() == _restores:
                _blocks -= 1
                if _lasting == _blocks == 0:
                    _put_back()


def accelerate() -> Acceleration:
    """Make the installed ``lime-agents-sdk`` solve with this package, until ``restore``.

    Raises ``ImportError`` where the SDK is not installed, and ``RuntimeError`` for a version that is not
    known. Calling it twice has the same effect as calling it once.
    """
    global _lasting
    try:
        version = importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise ImportError(f"{_PACKAGE} is not installed") from None
    modules = _KNOWN.get(version)
    if modules is None:
        known = ", ".join(_KNOWN)
        raise RuntimeError(f"{_PACKAGE} {version} is not known to lime_pow, only {known}")
    with _lock:
        _put_in(modules)
        _lasting += 1
        return Acceleration(modules)


def restore() -> None:
    """Undo ``accelerate``, inside a ``with`` block too; does nothing where there is nothing to undo."""
    global _lasting, _blocks, _restores
    with _lock:
        _lasting, _blocks, _restores = 0, 0, _restores + 1
        _put_back()


def _put_in(modules: tuple[str, ...]) -> None:
    import lime_pow

    # All of them are there before the first is changed.
    loaded: dict[str, Any] = {name: importlib.import_module(name) for name in modules}
    for name, module in loaded.items():
        # One that has been reloaded has the SDK's again.
        if module.solve is not lime_pow.solve:
            _replaced.setdefault(name, module.solve)
            module.solve = lime_pow.solve


def _put_back() -> None:
    while _replaced:
        name, original = _replaced.popitem()
        module: Any = importlib.import_module(name)
        module.solve = original


_timeout_class: type[BaseException] | None = None


def _sdk_timeout_class() -> type[BaseException]:
    """One class for the process, made on first use."""
    global _timeout_class
    with _lock:
        if _timeout_class is None:
            try:
                from lime_agents._errors import PowTimeoutError as Theirs
            except Exception:  # a broken SDK must not hide the timeout
                _timeout_class = PowTimeoutError
            else:
                _timeout_class = type("SdkPowTimeoutError", (Theirs, PowTimeoutError), {"__module__": __name__})
        return _timeout_class


def _forked() -> None:
    """A child may not have the thread that held it."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def __getattr__(name: str) -> Any:
    """Where ``pickle`` finds the class."""
    if name == "SdkPowTimeoutError":
        return _sdk_timeout_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def timeout_error(message: str) -> BaseException:
    """The exception of a timeout: the SDK's own class where that is installed, and always one of ours."""
    return _sdk_timeout_class()(message)
