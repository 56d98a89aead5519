"""What the chassis says of itself: alarms, error counters, active errors, and what its forwarding engines print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.place import Place


class Severity(StrEnum):
    """The three levels an error may have, the worst first."""

    FATAL = "fatal"
    MAJOR = "major"
    MINOR = "minor"


class Action(StrEnum):
    """What the device may do when a threshold is reached (facts: documentation of the SRX5000 line).

    MX knows more (``disable-pfe``, ``offline-pfe``, ``reset-pfe``, ``trap``); those are kept as words.
    """

    RESET = "reset"
    OFFLINE = "offline"
    ALARM = "alarm"
    GET_STATE = "get-state"
    LOG = "log"


class Permanence(StrEnum):
    """Whether a wedge ends by itself."""

    TRANSIENT = "transient"
    IRREVERSIBLE = "irreversible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One active alarm. ``fpc``, ``severity``, ``module`` and ``code`` are read from texts of the form ``FPC n ...``.

    ``seconds`` is the epoch time; the text form has none. ``alarm_type`` is empty in the text form. ``others`` are
    leaves that have no name here.
    """

    description: str
    alarm_class: str
    time: str
    seconds: int | None = None
    short_description: str = ""
    alarm_type: str = ""
    node: str = ""
    fpc: int | None = None
    severity: Severity | None = None
    module: str = ""
    code: str = ""
    others: tuple[tuple[str, str], ...] = ()
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmList:
    """The alarms of one node, or of a standalone device. ``declared`` is the count the device prints, 0 for none.

    ``fpc_slot`` is the slot the summary speaks of where it is asked of one card only. ``others`` are leaves outside
    the alarms that have no name here.
    """

    node: str = ""
    declared: int | None = None
    fpc_slot: int | None = None
    alarms: tuple[Alarm, ...] = ()
    others: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether as many alarms were read as the device says it has."""
        return self.declared == len(self.alarms)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCounters:
    """Counters of one severity, cumulative over all errors. ``threshold`` is the one by severity.

    ``action_taken`` counts how often the actions were carried out; ``actions`` are words of ``Action`` or MX's own.
    """

    severity: Severity
    occurred: int | None = None
    cleared: int | None = None
    threshold: int | None = None
    action_taken: int | None = None
    actions: tuple[str, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether the threshold by severity is reached."""
        return bool(self.occurred and self.threshold and self.occurred >= self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class FpcErrors:
    """Error counters of one card; with ``scope`` and ``category`` those of that part of it.

    ``scope`` is ``board`` for the card as a whole, ``pfe`` for one forwarding engine. ``others`` are leaves that have
    no name here.
    """

    slot: int
    node: str = ""
    slc: int | None = None
    scope: str = ""
    category: str = ""
    levels: tuple[LevelCounters, ...] = ()
    pfe_state: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorType:
    """Counters of one kind of error on one forwarding engine; ``threshold`` is the one by type."""

    slot: int
    name: str
    node: str = ""
    pfe: str = ""
    error_id: str = ""
    description: str = ""
    occurred: int | None = None
    cleared: int | None = None
    threshold: int | None = None
    actions: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def reached(self) -> bool:
        """Whether the threshold by type is reached."""
        return bool(self.occurred and self.threshold and self.occurred >= self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveError:
    """One error that is active. ``unit`` is the part as printed (``FPC 0``); ``threshold`` is the one by type.

    ``limit`` is how many occurrences are counted at most, ``last_occurred`` as printed.
    """

    name: str
    unit: str = ""
    slot: int | None = None
    node: str = ""
    identifier: str = ""
    error_id: str = ""
    description: str = ""
    state: str = ""
    scope: str = ""
    category: str = ""
    pfe: str = ""
    severity: Severity | None = None
    default_severity: Severity | None = None
    count: int | None = None
    threshold: int | None = None
    limit: int | None = None
    occurred: int | None = None
    cleared: int | None = None
    last_occurred: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitErrors:
    """How many errors of each severity are active on one part of the chassis."""

    unit: str
    node: str = ""
    minor: int | None = None
    major: int | None = None
    fatal: int | None = None
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WedgeEvent:
    """One line of a log that a signature knows.

    ``driver`` is the part that wrote it: ``host-loopback``, ``lu``, ``xm``, ``xl``, ``toe``... ``area`` is ``wedge``
    when traffic is blocked, else ``fabric``, ``control-path``, ``chip``, ``alarm``, ``offline`` or ``other``.
    ``permanence`` is what the wording itself tells; whether a wedge stayed is told by an alarm. ``recurs_at`` is how
    many of them in three days are too many, and ``advice`` what to do then.
    """

    signature: str
    driver: str
    text: str
    area: str = "chip"
    permanence: Permanence = Permanence.UNKNOWN
    advice: str = ""
    recurs_at: int | None = None
    fpc: int | None = None
    pfe: int | None = None
    time: str = ""
    node: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PfeRow:
    """One row, or one value with its name, of what a forwarding engine prints. ``target`` is where it was asked.

    ``table`` names the layout (``modules``, ``threads``, ``lookup states``...), ``values`` are texts as printed, by
    column.
    """

    table: str
    values: Mapping[str, str]
    command: str = ""
    target: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One part of the chassis as the inventory describes it: ``FPC 0``, ``Routing Engine 0``."""

    name: str
    description: str
    model: str = ""
    node: str = ""

    @property
    def slot(self) -> int | None:
        """Slot of an FPC, ``None`` for everything else."""
        word, _, number = self.name.partition(" ")
        return int(number) if word == "FPC" and number.isdecimal() else None
