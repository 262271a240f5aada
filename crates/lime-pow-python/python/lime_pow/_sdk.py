"""Puts the solver into an installed ``lime-agents-sdk``, and takes it out again."""

from __future__ import annotations

import importlib
import importlib.metadata
from types import TracebackType
from typing import Any

from lime_pow._lime_pow import PowTimeoutError

_PACKAGE = "lime-agents-sdk"

#: Versions whose inside is known, and where each keeps its solver: modules with a name ``solve``.
_KNOWN = {"3.0.2": ("lime_agents._pow", "lime_agents._agent")}

#: What was there before, by module; empty while nothing is replaced.
_replaced: dict[str, Any] = {}


class Acceleration:
    """What ``accelerate`` returns; as a context manager it restores at the end."""

    def __enter__(self) -> Acceleration:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        restore()


def accelerate() -> Acceleration:
    """Make the installed ``lime-agents-sdk`` solve with this package, until ``restore``.

    Raises ``ImportError`` where it is not installed, ``RuntimeError`` for a version that is not known. Calling it twice
    is as calling it once.
    """
    import lime_pow

    try:
        version = importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise ImportError(f"{_PACKAGE} is not installed") from None
    modules = _KNOWN.get(version)
    if modules is None:
        known = ", ".join(_KNOWN)
        raise RuntimeError(f"{_PACKAGE} {version} is not known to lime_pow, only {known}")
    if not _replaced:
        # All of them are there before the first is changed.
        loaded: dict[str, Any] = {name: importlib.import_module(name) for name in modules}
        _replaced.update({name: module.solve for name, module in loaded.items()})
        for module in loaded.values():
            module.solve = lime_pow.solve
    return Acceleration()


def restore() -> None:
    """Undo ``accelerate``; does nothing where there is nothing to undo."""
    while _replaced:
        name, original = _replaced.popitem()
        module: Any = importlib.import_module(name)
        module.solve = original


def timeout_error(message: str) -> BaseException:
    """The exception of a timeout: the SDK's own class where that is installed, and always one of ours."""
    try:
        from lime_agents._errors import PowTimeoutError as Theirs
    except ImportError:
        return PowTimeoutError(message)
    both = type("PowTimeoutError", (Theirs, PowTimeoutError), {"__module__": Theirs.__module__})
    error: BaseException = both(message)
    return error
