"""Teardown: every obligation, newest first, each undone on the device and only then discharged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from orchestrator.driver.base import Driver
from orchestrator.errors import LedgerError, OnItsWayError, OrchestratorError, TeardownError
from orchestrator.ledger.ledger import Ledger, Obligation
from orchestrator.model.device import Device
from orchestrator.model.files import Artifact
from orchestrator.steps.step import Undo, Undone

log = logging.getLogger(__name__)
TRIES = 3


@dataclass(slots=True)
class Discharge:
    """What a teardown came to: the kinds undone, what could not be restored, and what is still owed and why."""

    undone: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)


def discharge(  # noqa: PLR0913 - the parties of a teardown
    due: list[Obligation],
    ledger: Ledger,
    driver: Driver,
    kinds: Mapping[str, Any],
    *,
    connect: Callable[[Device], Driver],
    folder: Path | None,
    keep_unfetched: bool,
    say: Callable[[str], None],
) -> Discharge:
    """Undo each obligation; one that fails stays owed and does not stop the next.

    When the ledger cannot be written the device is undone all the same: the row stays and a later recovery finds
    nothing left to do.
    """
    done = Discharge()
    for obligation in due:
        undo = getattr(kinds.get(obligation.kind), "undo", None)
        if undo is None:
            done.owed.append(f"{obligation.kind}: no step of that kind is installed here")
            continue
        say(f"undoing {obligation.kind}")
        what = Undo(
            run_id=obligation.run_id, args=obligation.args, prior=obligation.prior, connect=connect,
            folder=folder, keep_unfetched=keep_unfetched,
        )  # fmt: skip
        undone, error = _tried(partial(undo, driver, what))
        if undone is not None:
            done.undone.append(obligation.kind)
            done.residue += undone.residue
            done.artifacts += undone.artifacts
        else:
            done.owed.append(f"{obligation.kind}: {error}")
        try:
            ledger.discharge(obligation.id) if error is None else ledger.failed(obligation.id, str(error))
        except LedgerError as failure:
            log.warning("%s", failure)
            if error is None:
                done.owed.append(f"{obligation.kind}: undone, but the ledger could not be told")
    return done


def _tried(undo: Callable[[], Undone]) -> tuple[Undone | None, OrchestratorError | None]:
    """Try an undo a few times (it is idempotent and looks first); return what it did, or the last error.

    Looking first is not enough for one whose command may still arrive and may not be sent twice: it is tried once.
    """
    error: OrchestratorError | None = None
    for _ in range(TRIES):
        try:
            return undo(), None
        except OnItsWayError as failure:
            return None, failure
        except OrchestratorError as failure:
            error = failure
        except Exception as failure:
            # A mistake of ours: the device stays owed, and the next undo is still tried.
            log.debug("a mistake in this program", exc_info=failure)
            error = TeardownError(f"a mistake in this program: {type(failure).__name__}: {failure}")
    return None, error
