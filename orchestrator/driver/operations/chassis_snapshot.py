"""Everything a device says of its chassis, in one look: what it refuses is noted, never taken for healthy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import chassis, files, system
from orchestrator.errors import CommandError, DeniedError, ParseError, UnsupportedError
from orchestrator.model.chassis import Card, ErrorType, FpcErrors, PfeRow, WedgeEvent
from orchestrator.model.chassis_health import ChassisSnapshot
from orchestrator.model.flow_trace import Line
from orchestrator.model.system import SystemInformation
from orchestrator.parsers import wedge

Given = TypeVar("Given")
# What every card is asked: counters of its error modules, its host loopback, its lookup chips.
PFE_COMMANDS = (
    "show cmerror module brief",
    "show host_loopback status-summary",
    "show lkup-asic wedge-client",
)


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at besides alarms and counters. ``pfe`` are commands for each card, none asks no card.

    Of the log ``log`` the last ``lines`` are searched; an empty name searches none. ``folder`` keeps the replies.
    """

    pfe: Sequence[str] = PFE_COMMANDS
    log: str = "messages"
    lines: int = 2000
    folder: Path | None = None
    stem: str = "chassis"

    def keep(self, what: str) -> Path | None:
        """Where a reply goes."""
        return None if self.folder is None else self.folder / f"{self.stem}-{what}.xml"


class _Asking:
    """Asks, and notes what was refused."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def given(self, what: str, ask: Callable[[], Given]) -> Given | None:
        """The answer, ``None`` when the device refused or said what we cannot read."""
        try:
            return ask()
        except (CommandError, ParseError) as error:
            self.refused.append(f"{what}: {error.message.strip().partition(chr(10))[0]}")
            return None


def take(driver: Driver, look: Look | None = None) -> ChassisSnapshot:
    """Read the chassis of every node that answers. Only a lost device raises."""
    look = look or Look()
    asking = _Asking()
    told = asking.given("model and release", lambda: system.information(driver)) or ()
    found = asking.given("inventory", lambda: chassis.cards(driver))
    errors = asking.given(
        "error counters", lambda: chassis.fpc_errors(driver, detail=True, keep=look.keep("fpc-errors"))
    )
    snapshot = ChassisSnapshot(
        device=driver.device.name,
        taken=datetime.now(UTC).isoformat(timespec="seconds"),
        model=told[0].model if told else "",
        release=told[0].release if told else "",
        nodes=asking.given("nodes of the cluster", lambda: _nodes(driver, told)) or (),
        log=look.log,
        cards=found,
        alarms=asking.given("chassis alarms", lambda: chassis.alarms(driver, keep=look.keep("alarms"))),
        system_alarms=asking.given(
            "system alarms", lambda: chassis.system_alarms(driver, keep=look.keep("system-alarms"))
        ),
        fpc_errors=None if errors is None else tuple(one for one in errors if isinstance(one, FpcErrors)),
        error_types=None if errors is None else tuple(one for one in errors if isinstance(one, ErrorType)),
        pfe=_engines(driver, look.pfe, found, asking) if look.pfe else None,
        events=asking.given(f"log {look.log}", lambda: _events(driver, look)) if look.log else None,
    )
    if answer := asking.given("active errors", lambda: chassis.active_errors(driver, keep=look.keep("active-errors"))):
        active, unread = answer
        if unread:
            asking.refused.append(f"active errors: {unread} parts of the reply were not understood")
        snapshot = replace(snapshot, active=tuple(active))
    return replace(snapshot, refused=tuple(asking.refused))


def _nodes(driver: Driver, told: Sequence[SystemInformation]) -> tuple[str, ...]:
    """All nodes there should be: those of the cluster, also one that is silent."""
    named = dict.fromkeys(one.name for one in chassis.cluster_status(driver).nodes)
    return tuple(named) or tuple(one.node for one in told if one.node)


def _events(driver: Driver, look: Look) -> tuple[WedgeEvent, ...]:
    lines = files.log_tail(driver, look.log, look.lines)
    found = (wedge.event_of(Line(look.log, number, text)) for number, text in enumerate(lines, 1))
    return tuple(one for one in found if one is not None)


def _engines(
    driver: Driver, commands: Sequence[str], cards: tuple[Card, ...] | None, asking: _Asking
) -> tuple[PfeRow, ...] | None:
    """What the cards print; ``None`` when none answered. One denial is enough: the class will not change."""
    slots = sorted({card.slot for card in cards or () if card.slot is not None}) or [0]
    rows: list[PfeRow] = []
    answered = False
    for slot in slots:
        for command in commands:
            try:
                found, unread = chassis.pfe_show(driver, slot, command)
            except CommandError as error:
                if _is_final(error):
                    asking.refused.append(f"commands on a card (request pfe execute): {error.message}")
                    return tuple(rows) if answered else None
                asking.refused.append(f"fpc{slot} {command}: {error.message}")
                continue
            answered = True
            rows += found
            if unread:
                asking.refused.append(f"fpc{slot} {command}: {unread} lines were not understood")
    return tuple(rows) if answered else None


def _is_final(error: CommandError) -> bool:
    """Whether asking on is vain: a denial, or a device without the RPC. A card without a command is neither."""
    return isinstance(error, DeniedError) or (isinstance(error, UnsupportedError) and "syntax error" in error.message)
