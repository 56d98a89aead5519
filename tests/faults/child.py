"""The program in a process of its own, with one thing going wrong at one boundary.

A boundary is the moment before or after a durable write or a request to the device; they are counted, never timed.
The harness forks this process, so that Python and the libraries need not be loaded again for each cell.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from orchestrator.cli.app import run_app
from orchestrator.driver.pyez import PyezDriver
from orchestrator.ledger.ledger import Ledger

SIGNALS = {name: getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")}


class InjectedError(Exception):
    """The mistake that the cell asks for."""


class Boundaries:
    """Counts boundaries; at the one wanted, something happens."""

    def __init__(self, target: int, what: str, log: Path) -> None:
        self._count = itertools.count(1)
        self._target = target
        self._what = what
        self._log = log

    def here(self, name: str) -> None:
        number = next(self._count)
        with self._log.open("a") as file:
            file.write(f"{name}\n")
        if number != self._target:
            return
        if self._what == "exception":
            raise InjectedError(name)
        os.kill(os.getpid(), SIGNALS[self._what])

    def install(self) -> None:
        """Put the boundaries where they belong."""
        commit, sent, copy = Ledger._commit, PyezDriver._sent, PyezDriver.copy

        @contextlib.contextmanager
        def counted_commit(ledger: Ledger) -> Iterator[None]:
            self.here("before write")
            with commit(ledger):
                yield
            self.here("after write")

        def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                self.here(f"before {name}")
                answer = call(*args, **kwargs)
                self.here(f"after {name}")
                return answer

            return wrapped

        Ledger._commit = counted_commit
        PyezDriver._sent = counted("request", sent)
        PyezDriver.copy = counted("copy", copy)


def start(words: list[str], state: Path, output: Path, boundaries: Boundaries | None) -> int:
    """Fork, and run the program in the child; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        for number in SIGNALS.values():
            if number != signal.SIGKILL:
                signal.signal(number, signal.SIG_DFL)
        os.environ["ORCHESTRATOR_STATE"] = str(state)
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, 1)
        errors = os.open(output.with_suffix(".err"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(errors, 2)
        sys.argv = ["orchestrator", *words]
        if boundaries is not None:
            boundaries.install()
        run_app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 70
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(code)
