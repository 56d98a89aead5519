"""The state of a chassis at one moment, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.chassis import ActiveError, AlarmList, Card, ErrorType, FpcErrors, PfeRow, WedgeEvent
from orchestrator.model.verdict import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ChassisSnapshot:
    """Everything that was read. ``None`` is what the device did not give; ``refused`` says why, by what was asked.

    ``taken`` is the time of this host, ISO 8601. ``nodes`` are those of a cluster, none on a standalone device.
    ``events`` are of the last lines of the log ``log``.
    """

    device: str
    taken: str = ""
    model: str = ""
    release: str = ""
    nodes: tuple[str, ...] = ()
    log: str = ""
    cards: tuple[Card, ...] | None = None
    alarms: tuple[AlarmList, ...] | None = None
    system_alarms: tuple[AlarmList, ...] | None = None
    fpc_errors: tuple[FpcErrors, ...] | None = None
    error_types: tuple[ErrorType, ...] | None = None
    active: tuple[ActiveError, ...] | None = None
    pfe: tuple[PfeRow, ...] | None = None
    events: tuple[WedgeEvent, ...] | None = None
    refused: tuple[str, ...] = ()


class Movement(StrEnum):
    """How something differs between two snapshots."""

    NEW = "new"
    GONE = "gone"
    MOVED = "moved"
    RESET = "reset"  # a counter is lower than before: cleared, or the card restarted
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class ChassisChange:
    """One difference; ``before`` and ``after`` are as printed, empty where there was nothing."""

    movement: Movement
    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        values = f": {self.before or '-'} -> {self.after or '-'}" if self.before or self.after else ""
        return f"{self.movement}: {self.what}{values}"


class DetectorState(StrEnum):
    """What can be said of one detector."""

    FOUND = "found something"
    QUIET = "nothing seen"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorReport:
    """One detector of the documentation on this device. ``why`` says what a state rests on."""

    detector: str
    state: DetectorState
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChassisHealth:
    """The findings, and what was not checked. No finding about the latter is no good sign."""

    snapshot: ChassisSnapshot
    findings: tuple[Finding, ...] = ()
    detectors: tuple[DetectorReport, ...] = ()
    changes: tuple[ChassisChange, ...] | None = None
    not_checked: tuple[str, ...] = ()
