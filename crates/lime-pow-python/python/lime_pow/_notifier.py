"""The thread that calls back when jobs have ended.

It is Python's own: when the interpreter ends while a callback runs, the thread is taken down like any daemon thread, which cannot be
done where a frame of Rust lies beneath Python code. Waiting in Rust is safe: PyO3 then stops the thread where it is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from lime_pow._lime_pow import Callbacks, SolveError

# Reentrant, for a signal's handler that submits a job.
_lock = threading.RLock()
_callbacks: Callbacks | None = None


def callbacks() -> Callbacks:
    """The queue of this process's callbacks. The first use starts the thread that calls them."""
    global _callbacks
    with _lock:
        due = _callbacks
        # A fork by C code does not run `_forked`.
        if due is None or not due.here():
            due = Callbacks()
            try:
                threading.Thread(target=_call, args=(due,), name="lime-pow-notifier", daemon=True).start()
            except RuntimeError as error:
                raise SolveError(f"no thread for callbacks: {error}") from None
            _callbacks = due
        return due


def _call(due: Callbacks) -> None:
    for callback in due:
        try:
            callback()
        except BaseException:
            with contextlib.suppress(BaseException):  # a hook that fails must not end the thread
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        # Not kept until the next is due.
        del callback


def _forked() -> None:
    """A child has neither the thread nor, perhaps, the lock's owner."""
    global _lock, _callbacks
    _lock, _callbacks = threading.RLock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
