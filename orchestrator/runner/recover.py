"""Discharge what dead runs still owe their devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.driver.base import Driver
from orchestrator.ledger.ledger import Ledger, Obligation
from orchestrator.model.device import Device, from_reach
from orchestrator.runner.teardown import discharge
from orchestrator.store.paths import safe_name


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
    runs: Path,
    connect: Callable[[Device], Driver],
    say: Callable[[str, str], None],
    only: str | None = None,
) -> Recovery:
    """Undo what the dead owe, on one device or on all.

    A device is reached as the inventory says, else as the run that died had reached it.
    """
    recovery = Recovery()
    by_device: dict[str, list[Obligation]] = {}
    for obligation in ledger.orphaned(only):
        if ledger.claim(obligation):
            by_device.setdefault(obligation.device, []).append(obligation)
    for name, due in by_device.items():
        device = known.get(name) or from_reach(due[0].reach)
        with closing(connect(device)) as driver:
            for obligation in due:
                folder = runs / obligation.run_id / safe_name(name)
                done = discharge(
                    [obligation], ledger, driver, kinds, connect=connect, folder=folder if folder.is_dir() else None,
                    keep_unfetched=False, say=lambda text, name=name: say(name, text),  # type: ignore[misc]
                )  # fmt: skip
                recovery.undone.setdefault(name, []).extend(done.undone)
                recovery.residue.setdefault(name, []).extend(done.residue)
                if done.owed:
                    recovery.owed.setdefault(name, []).extend(done.owed)
    return recovery
