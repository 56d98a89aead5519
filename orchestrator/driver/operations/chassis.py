"""The chassis: its cluster, its cards, its alarms and errors, and what its forwarding engines say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator.driver.base import Driver, Reply, Rpc
from orchestrator.driver.forms import first_known
from orchestrator.errors import CommandError
from orchestrator.model.chassis import ActiveError, AlarmList, Card, PfeRow
from orchestrator.model.system import ClusterStatus
from orchestrator.parsers import alarms as alarms_parser
from orchestrator.parsers import chassis_cards, chassis_errors, pfe_output, system
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source


def cluster_status(driver: Driver) -> ClusterStatus:
    """Nodes and redundancy groups; no nodes on a standalone device.

    A standalone device answers with ``<xnm:error>`` "Chassis cluster is not enabled" (12.3X48, live 24.4R1.9).
    """
    try:
        reply = driver.rpc(Rpc("get-chassis-cluster-status"))
    except CommandError as error:
        if "not enabled" in error.message:
            return ClusterStatus()
        raise
    return system.cluster_status(reply.root)


def cards(driver: Driver) -> tuple[Card, ...]:
    """Cards and routing engines of every node (``show chassis hardware``)."""
    return chassis_cards.cards(driver.rpc(Rpc("get-chassis-inventory")).root, f"{driver.device.name} inventory")


def alarms(driver: Driver, *, keep: Path | None = None) -> tuple[AlarmList, ...]:
    """``show chassis alarms``, one list a node. ``keep`` leaves the reply at that path."""
    return _alarms(driver, "get-alarm-information", keep)


def system_alarms(driver: Driver, *, keep: Path | None = None) -> tuple[AlarmList, ...]:
    """``show system alarms``, one list a node; it repeats those of the chassis (facts: live vSRX 24.4R1.9)."""
    return _alarms(driver, "get-system-alarm-information", keep)


def _alarms(driver: Driver, name: str, keep: Path | None) -> tuple[AlarmList, ...]:
    reply = driver.rpc(Rpc(name)).kept(keep)
    return tuple(alarms_parser.parse_element(reply.root, f"{driver.device.name} {name}"))


def fpc_errors(
    driver: Driver, slot: int | None = None, *, detail: bool = False, keep: Path | None = None
) -> list[chassis_errors.Record]:
    """``show chassis fpc errors [SLOT] [detail]``: counters a card, and with ``detail`` those of each kind of error.

    Published for the SRX family since 17.2R1.
    """
    slots = (("fpc-slot", str(slot)),) if slot is not None else ()
    details = (("detail", None),) if detail else ()
    reply = driver.rpc(Rpc("get-fpc-error-information", (*slots, *details))).kept(keep)
    return list(chassis_errors.parse_element(reply.root, f"{driver.device.name} chassis fpc errors"))


def active_errors(
    driver: Driver, slot: int | None = None, *, keep: Path | None = None
) -> tuple[list[ActiveError], int]:
    """``show chassis errors active detail`` (SRX: 19.4R1), or ``show system errors active detail`` (SRX: 24.4R1).

    Returns the errors and how many lines or elements were not understood: the reply of the first is not published.
    The command is not one that a cluster passes on to the other node (facts: YANG), so it speaks for one node.
    """
    slots = (("fpc-slot", str(slot)),) if slot is not None else ()
    forms: dict[str, Callable[[], Reply]] = {
        "get-active-error-information-detail": lambda: driver.rpc(Rpc("get-active-error-information-detail", slots)),
    }
    if slot is None:
        forms["get-active-error-detail-information"] = lambda: driver.rpc(Rpc("get-active-error-detail-information"))
    reply = first_known(driver, "active-errors", forms).kept(keep)
    reading = chassis_errors.parse_element(reply.root, f"{driver.device.name} active errors")
    return [one for one in reading if isinstance(one, ActiveError)], reading.unrecognised


def active_error_counts(driver: Driver) -> list[chassis_errors.Record]:
    """``show chassis errors active``, or ``show system errors active``: how many of each severity, by unit."""
    forms: dict[str, Callable[[], Reply]] = {
        name: lambda name=name: driver.rpc(Rpc(name))  # type: ignore[misc]
        for name in ("get-chassis-active-errors", "get-active-error-information")
    }
    reply = first_known(driver, "active-error-counts", forms)
    return list(chassis_errors.parse_element(reply.root, f"{driver.device.name} active errors"))


def pfe_show(driver: Driver, slot: int, command: str, *, keep: Path | None = None) -> tuple[list[PfeRow], int]:
    """``request pfe execute``: what the card in a slot prints for one of the guard's show commands.

    Returns the rows and how many lines had no meaning. Not published; works over NETCONF (facts: PyEZ), the
    permission it needs is in no source.
    """
    target = f"fpc{slot}"
    reply = driver.rpc(Rpc("request-pfe-execute", (("target", target), ("command", command)))).kept(keep)
    tally = Tally()
    rows = list(pfe_output.rows(Source.of_text(reply.text, f"{driver.device.name} {target}"), tally, command, target))
    return rows, tally.unrecognised
