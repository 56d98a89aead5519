"""``show session-health``: what is asked of the device, and how the answer reads at night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from orchestrator.analysis.session_health import health
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_configuration, flow_session, system
from orchestrator.errors import CommandError, OrchestratorError, ParseError
from orchestrator.model import protocols
from orchestrator.model.flow_configuration import Aging, FlowConfiguration
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.session_health import Health, SessionCounts, TableUse, TimeoutUse

Given = TypeVar("Given")
_TIMEOUTS_SHOWN = 12


def gather(driver: Driver) -> Health:
    """Ask for summary, configuration and sessions, in this order; what is refused is not checked, and says so."""
    refused: list[str] = []

    def given(what: str, ask: Callable[[], Given]) -> Given | None:
        try:
            return ask()
        except (CommandError, ParseError) as error:
            refused.append(f"{what}: {_first_line(error)}")
            return None

    summaries = given("session summary", lambda: flow_session.summary(driver)) or []
    nodes = [one.node for one in given("nodes of the cluster", lambda: system.information(driver)) or () if one.node]
    configuration = given("flow configuration", lambda: flow_configuration.flow_configuration(driver))
    found = given("session list", lambda: health(summaries, _sessions(driver), configuration, nodes=nodes))
    found = found or health(summaries, None, configuration, nodes=nodes)
    return replace(found, not_checked=(*found.not_checked, *refused))


def _sessions(driver: Driver) -> Iterator[FlowSession]:
    return (one for one in flow_session.sessions(driver) if isinstance(one, FlowSession))


def _first_line(error: OrchestratorError) -> str:
    return str(error).strip().partition("\n")[0]


def lines(name: str, found: Health) -> Iterator[str]:
    """The answer as text: first what to look at, then what was counted."""
    yield f"{name}: {_sum(found)}"
    for number, one in enumerate(found.findings, 1):
        yield ""
        yield f"{number}. {one.symptom}{' (likely)' if one.soft else ''}"
        yield f"   saw:  {one.saw}"
        yield f"   why:  {one.why}"
        yield f"   next: {one.next}"
    if found.not_checked:
        yield ""
        yield "not checked:"
        yield from (f"   {each}" for each in found.not_checked)
    yield ""
    yield from (line for table in found.tables for line in _table(table))
    if found.sessions is not None:
        yield from _counts(found.sessions, found.configuration)
    if found.sources:
        yield "most sessions from: " + ", ".join(f"{one.address} ({one.sessions})" for one in found.sources)
    yield f"ageing: {_ageing(found.configuration)}"
    yield from _timeouts(found.timeouts)


def _sum(found: Health) -> str:
    looks, gaps = len(found.findings), len(found.not_checked)
    if not looks and not gaps:
        return "nothing to look at"
    words = f"{looks} {'thing' if looks == 1 else 'things'} to look at" if looks else "nothing found to look at"
    return f"{words}, {gaps} not checked" if gaps else words


def _table(table: TableUse) -> Iterator[str]:
    used = "?" if table.used_percent is None else f"{table.used_percent:.1f} %"
    yield f"{table.where}: {used} of the table in use, {_number(table.active)} of {_number(table.maximum)} sessions"
    yield (
        f"   valid {_number(table.valid)}, pending {_number(table.pending)}, "
        f"invalidated {_number(table.invalidated)}, failed {_number(table.failed)}"
    )


def _counts(counts: SessionCounts, configuration: FlowConfiguration | None) -> Iterator[str]:
    copies = f", {counts.copies} of them copies of the other node" if counts.copies else ""
    early = "" if configuration is None else f" ({configuration.early_ageout} s)"
    yield f"listed: {counts.listed} sessions{copies}"
    yield (
        f"   near their timeout {counts.near_timeout}, TCP without a complete handshake {counts.unfinished}, "
        f"below early-ageout{early} {counts.early}"
    )


def _ageing(configuration: FlowConfiguration | None) -> str:
    if configuration is None:
        return "not checked"
    aging = configuration.aging
    if aging == Aging():
        return "not configured"
    said = (("early-ageout", aging.early_ageout, " s"), ("high-watermark", aging.high_watermark, " %"),
            ("low-watermark", aging.low_watermark, " %"))  # fmt: skip
    return ", ".join(f"{name} {'not configured' if value is None else f'{value}{unit}'}" for name, value, unit in said)


def _timeouts(timeouts: tuple[TimeoutUse, ...]) -> Iterator[str]:
    if not timeouts:
        return
    yield "timeouts:"
    for one in timeouts[:_TIMEOUTS_SHOWN]:
        note = f"   documented: {one.documented} s" if one.differs else ""
        name = f"{one.application or 'no application'} {protocols.name_of(one.protocol)}"
        yield f"   {name:<28} {one.seconds:>6} s {one.sessions:>9} sessions{note}"
    if len(timeouts) > _TIMEOUTS_SHOWN:
        yield f"   and {len(timeouts) - _TIMEOUTS_SHOWN} more, all in --format json"


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)
