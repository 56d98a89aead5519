"""Discharge what dead runs still owe their devices."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import system
from orchestrator.errors import ConnectError, DeadlineError, OrchestratorError, ReplyTimeoutError, SessionLostError
from orchestrator.ledger.ledger import Ledger, Obligation
from orchestrator.model.device import Device, from_reach
from orchestrator.runner.teardown import Discharge, discharge


@dataclass(slots=True)
class Recovery:
    """What came of it, by device."""

    undone: dict[str, list[str]] = field(default_factory=dict)
    residue: dict[str, list[str]] = field(default_factory=dict)
    owed: dict[str, list[str]] = field(default_factory=dict)

    def add(self, device: str, done: Discharge) -> None:
        """Count in what came of one obligation."""
        for told, texts in ((self.undone, done.undone), (self.residue, done.residue), (self.owed, done.owed)):
            if texts:
                told.setdefault(device, []).extend(texts)


def recover(  # noqa: PLR0913 - the parties of a recovery
    ledger: Ledger,
    kinds: Mapping[str, Any],
    *,
    known: Mapping[str, Device],
    connect: Callable[[Device], Driver],
    say: Callable[[str, str], None],
    only: str | None = None,
    due_only: bool = False,
    patience_seconds: float | None = None,
) -> Recovery:
    """Undo what the dead owe, on one device or on all.

    A device is reached as the inventory says, else as the run that died had reached it. With ``patience_seconds`` a
    device that does not answer stays owed when the time is up, and no new one is begun; one that answers is undone
    to the end.
    """
    deadline = None if patience_seconds is None else time.monotonic() + patience_seconds
    recovery = Recovery()
    for name, orphans in _by_device(ledger.orphaned(only, due_only=due_only)).items():
        if deadline is not None and time.monotonic() > deadline:
            break
        due = [one for one in orphans if ledger.claim(one)]
        if not due:
            continue
        device = known.get(name) or from_reach(due[0].reach)
        if patience_seconds is not None:
            device = replace(device, connect_seconds=patience_seconds, reply_seconds=patience_seconds)
        with closing(connect(device)) as driver:
            if silence := _silence(driver, deadline):
                for one in due:
                    ledger.failed(one.id, silence)
                recovery.owed[name] = [f"{one.kind}: {silence}" for one in due]
                continue
            for one in due:
                folder = Path(one.reach["folder"])
                done = discharge(
                    [one], ledger, driver, kinds, connect=connect, folder=folder if folder.is_dir() else None,
                    keep_unfetched=False, say=partial(say, name),
                )  # fmt: skip
                recovery.add(name, done)
    return recovery


def _by_device(orphans: Iterable[Obligation]) -> dict[str, list[Obligation]]:
    found: dict[str, list[Obligation]] = {}
    for one in orphans:
        found.setdefault(one.device, []).append(one)
    return found


def _silence(driver: Driver, deadline: float | None) -> str:
    """Why the device did not answer while there was time to wait for it; empty when it did, or none is set."""
    if deadline is None:
        return ""
    driver.until = deadline
    try:
        system.information(driver)
    except (DeadlineError, ConnectError, ReplyTimeoutError, SessionLostError) as error:
        return str(error)
    except OrchestratorError:
        pass  # an answer too
    finally:
        driver.until = math.inf
    return ""
