"""Discharge what dead runs still owe their devices."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchestrator.driver.base import Driver
from orchestrator.ledger.ledger import Ledger, Obligation
from orchestrator.model.device import Device, from_reach
from orchestrator.runner.teardown import discharge


@dataclass(slots=True)
class Recovery:
    """What came of it, by device."""

    undone: dict[str, list[str]] = field(default_factory=dict)
    residue: dict[str, list[str]] = field(default_factory=dict)
    owed: dict[str, list[str]] = field(default_factory=dict)


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
    device that does not answer is given up quickly, and no new one is begun once the time is up.
    """
    deadline = None if patience_seconds is None else time.monotonic() + patience_seconds
    recovery = Recovery()
    by_device: dict[str, list[Obligation]] = {}
    for obligation in ledger.orphaned(only, due_only=due_only):
        by_device.setdefault(obligation.device, []).append(obligation)
    for name, orphans in by_device.items():
        if deadline is not None and time.monotonic() > deadline:
            break
        due = [one for one in orphans if ledger.claim(one)]
        if not due:
            continue
        device = known.get(name) or from_reach(due[0].reach)
        if patience_seconds is not None:
            device = replace(device, connect_seconds=patience_seconds, reply_seconds=patience_seconds)
        with closing(connect(device)) as driver:
            for obligation in due:
                folder = Path(obligation.reach["folder"])
                done = discharge(
                    [obligation], ledger, driver, kinds, connect=connect, folder=folder if folder.is_dir() else None,
                    keep_unfetched=False, say=lambda text, name=name: say(name, text),  # type: ignore[misc]
                )  # fmt: skip
                recovery.undone.setdefault(name, []).extend(done.undone)
                recovery.residue.setdefault(name, []).extend(done.residue)
                if done.owed:
                    recovery.owed.setdefault(name, []).extend(done.owed)
    return recovery
