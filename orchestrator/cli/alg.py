"""``show alg-status``, ``show alg-conversations`` and ``show stateful-firewall``; and what ``explain`` says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, data
from orchestrator.cli.devices import DestinationOption, DeviceArgument, ProtocolOption, SourceOption
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption
from orchestrator.errors import InputError, suggestion
from orchestrator.reports.plain import plain

if TYPE_CHECKING:
    from orchestrator.driver.base import Driver
    from orchestrator.driver.operations.alg import ServiceFlowFilter
    from orchestrator.model.alg import AlgConversation, AlgHealth
    from orchestrator.model.stateful_firewall import FirewallStatistics

AlgOption = Annotated[str, typer.Option("--alg", "-a", help="ftp, rtsp or another protocol; empty for all.")]
ServiceSetOption = Annotated[str, typer.Option("--service-set", help="Only this service set.")]


class What(StrEnum):
    """What of the stateful firewall is shown."""

    CONVERSATIONS = "conversations"
    FLOWS = "flows"
    STATISTICS = "statistics"


def alg_status(
    device: DeviceArgument,
    alg: AlgOption = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Whether ALGs are on and work: on a services card from its conversations, on an SRX from their status."""
    from orchestrator.cli.workshop import session

    _known(alg)
    with session(inventory, device) as driver:
        health, states = _ask(driver, alg)
    if format is not Format.TEXT:
        answer([{"health": health, "enabled": states}], format, dict, empty="")
        return
    for line in _lines(device, health):
        data(plain(line))
    for name, state in states.items():
        data(plain(f"{name:<14} {state}"))


def _known(alg: str) -> None:
    from orchestrator.driver.guard.rpcs_services import APPLICATION_PROTOCOLS

    if alg and alg not in APPLICATION_PROTOCOLS:
        raise InputError(f"not an application protocol: {alg!r}", hint=suggestion(alg, APPLICATION_PROTOCOLS))


def _ask(driver: Driver, wanted: str) -> tuple[AlgHealth, dict[str, str]]:
    """Ask a services card, or an SRX; the second value is the status of each ALG, by node where there are several."""
    from orchestrator.analysis.alg import AlgCase, examine
    from orchestrator.driver.forms import first_known
    from orchestrator.driver.operations import alg

    def of_card() -> AlgCase:
        found = alg.conversations(driver)
        return AlgCase(
            wanted=wanted, conversations=tuple(found), statistics=tuple(alg.statistics(driver)),
            logging=alg.logging(driver),
        )  # fmt: skip

    def of_srx() -> AlgCase:
        return AlgCase(wanted=wanted, status=tuple(alg.status(driver)))

    case = first_known(driver, "alg", {"services card": of_card, "srx": of_srx})
    words = {True: "enabled", False: "disabled", None: "not known"}
    states = {f"{one.node} {name}".strip(): words[on] for one in case.status or () for name, on in one.enabled.items()}
    return examine(case), states


def alg_conversations(
    device: DeviceArgument,
    alg: AlgOption = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Parent and child sessions of ALGs, on cards with extension-provider packages."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import alg as operations

    _known(alg)
    with session(inventory, device) as driver:
        found = operations.alg_conversations(driver, alg)
    if format is Format.TEXT:
        answer(_session_rows(found), format, dict, empty="no ALG conversation")
    else:
        answer(found, format, dict, empty="")


def _session_rows(found: Sequence[AlgConversation]) -> list[dict[str, Any]]:
    return [
        {"interface": one.interface, "alg": one.alg, "session": kind, "id": each.session_id,
         "status": each.status or "-", "forward": each.forward or "-"}
        for one in found
        for kind, sessions in (("parent", one.parents), ("child", one.children))
        for each in sessions
    ]  # fmt: skip


def stateful_firewall(
    device: DeviceArgument,
    what: Annotated[What, typer.Argument(help="Which of its tables.")] = What.CONVERSATIONS,
    source: SourceOption = None,
    destination: DestinationOption = None,
    protocol: ProtocolOption = None,
    alg: AlgOption = "",
    service_set: ServiceSetOption = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = None,
    extensive: Annotated[bool, typer.Option("--extensive", help="Ask for every detail of a flow.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """The stateful firewall of a services card: conversations, flows, or every counter."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import alg as operations

    _known(alg)
    which = replace(
        _which(source, destination, protocol, alg), service_set=service_set, limit=limit,
        level="extensive" if extensive else "",
    )  # fmt: skip
    with session(inventory, device) as driver:
        if what is What.STATISTICS:
            counters = operations.statistics(driver, service_set)
            answer(_counter_rows(counters) if format is Format.TEXT else counters, format, dict, empty="no counter")
            return
        found: Sequence[Any] = (
            operations.flows(driver, which) if what is What.FLOWS else operations.conversations(driver, which)
        )
    answer(_flow_rows(found) if format is Format.TEXT else found, format, dict, empty="no flow matches")


def _which(source: str | None, destination: str | None, protocol: str | None, alg: str) -> ServiceFlowFilter:
    from orchestrator.driver.operations.alg import ServiceFlowFilter
    from orchestrator.model.flow import Endpoint

    try:
        return ServiceFlowFilter(
            source=Endpoint.parse(source) if source else None,
            destination=Endpoint.parse(destination) if destination else None,
            protocol=protocol or "", application_protocol=alg,
        )  # fmt: skip
    except ValueError as error:
        raise InputError(str(error)) from error


def _flow_rows(found: Sequence[Any]) -> list[dict[str, Any]]:
    from orchestrator.analysis.alg.roles import role_of

    return [
        {"service set": one.service_set, "alg": alg or "-", "flow": flow.key, "state": flow.state,
         "dir": flow.direction, "frames": flow.frames, "role": role_of(alg, flow) if alg else "-",
         "nat": "; ".join(map(str, flow.nats)) or "-"}
        for one in found
        for alg in [getattr(one, "alg", "")]
        for flow in one.flows
    ]  # fmt: skip


def _counter_rows(found: Sequence[FirewallStatistics]) -> list[dict[str, Any]]:
    return [
        {"service set": one.service_set, "group": group, "counter": name, "count": count}
        for one in found
        for group, counters in one.groups.items()
        for name, count in counters.items()
    ]


def _lines(name: str, health: AlgHealth) -> Iterator[str]:
    """The answer as text: first what to look at, then what was not checked, then the flows and their roles."""
    count = len(health.findings)
    said = ", ".join(f"{alg} {state}" for alg, state in (health.activity or {}).items())
    things = f"{count} thing{'s' * (count != 1)} to look at" if count else "nothing found"
    yield f"{name}: {things}{f' ({said})' if said else ''}"
    for number, one in enumerate(health.findings, 1):
        yield ""
        yield f"{number}. {one.symptom}"
        yield f"   saw:  {one.saw}"
        yield f"   why:  {one.why}"
        yield f"   next: {one.next}"
    if health.not_checked:
        yield ""
        yield "not checked:"
        yield from (f"   {text}" for text in health.not_checked)
    if health.roles:
        yield ""
        yield from (f"{each.role:<18} {each.flow}" for each in health.roles)


# -- explain -----------------------------------------------------------------------------------------------------------


def are_of_alg(files: Sequence[Path]) -> bool:
    """Whether saved files are output of these commands, with logs beside them, and nothing else."""
    from orchestrator.analysis.alg.gather import KINDS, LOGS
    from orchestrator.parsers.kinds import kinds_in
    from orchestrator.parsers.source import Source

    if not all(path.is_file() for path in files):
        return False
    kinds = {kind for path in files for kind, _ in kinds_in(Source.of_path(path))}
    return bool(kinds & set(KINDS)) and kinds <= {*KINDS, *LOGS}


def explain(files: Sequence[Path], form: str) -> int:
    """Say what saved output shows of the ALGs in it, as ``text`` or ``json``. Exit code 1 when something is wrong."""
    if form not in {"text", "json"}:
        raise InputError(f"ALGs are not explained as {form}", hint="--format text or json")
    from orchestrator.analysis.alg import examine
    from orchestrator.analysis.alg.gather import gather
    from orchestrator.analysis.gather import Input
    from orchestrator.parsers.as_json import as_json as values
    from orchestrator.parsers.kinds import kinds_in
    from orchestrator.parsers.source import Source

    held = ((path, each) for path in files for each in kinds_in(Source.of_path(path)))
    health = examine(gather(Input(path, kind, part=part) for path, (kind, part) in held))
    if form == "json":
        data(json.dumps(values(health), indent=2, ensure_ascii=False))
    else:
        for line in _lines("saved output", health):
            data(plain(line))
    return 1 if health.findings else 0
