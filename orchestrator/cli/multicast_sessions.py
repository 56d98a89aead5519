"""``show multicast-sessions``: one look or two, and how the answer reads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from orchestrator.analysis import multicast_sessions
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_configuration, flow_session, policy
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.errors import InputError
from orchestrator.model import quantities
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.multicast_session import MulticastStream, MulticastTable


@dataclass(frozen=True, slots=True)
class Asked:
    """Which streams; seconds between two packets, when known; seconds between two looks, 0 for one look."""

    which: SessionFilter
    interval: float | None
    again: float

    @classmethod
    def of(cls, which: SessionFilter, interval: str, again: str) -> Self:
        """Read the spans.

        Raises:
            InputError: one is no duration.
        """
        try:
            spans = [quantities.duration(text).total_seconds() if text else None for text in (interval, again)]
        except ValueError as error:
            raise InputError(str(error)) from error
        return cls(which, spans[0], spans[1] or 0)


def gather(driver: Driver, asked: Asked) -> MulticastTable:
    """Read the sessions, twice when asked, and what the configuration says of their times."""
    configuration = flow_configuration.flow_configuration(driver)
    policies = policy.policies(driver)
    earlier = list(_sessions(driver, asked.which)) if asked.again else None
    if asked.again:
        time.sleep(asked.again)
    return multicast_sessions.table(
        _sessions(driver, asked.which), earlier, configuration=configuration, policies=policies,
        interval_seconds=asked.interval,
    )  # fmt: skip


def _sessions(driver: Driver, which: SessionFilter) -> Iterator[FlowSession]:
    return (one for one in flow_session.sessions(driver, which) if isinstance(one, FlowSession))


def lines(name: str, found: MulticastTable) -> Iterator[str]:
    """The answer as text: what is odd, then the streams with their sessions."""
    looks, count = len(found.findings), len(found.streams)
    yield f"{name}: {count} multicast stream{'s' * (count != 1)}, {looks or 'nothing'} to look at"
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
    for stream in found.streams:
        yield ""
        yield from _stream(stream)


def _stream(stream: MulticastStream) -> Iterator[str]:
    interval = "" if stream.interval_seconds is None else f", a packet every {stream.interval_seconds:.1f} s"
    expected = "" if stream.expected_seconds is None else f", timeout expected {stream.expected_seconds} s"
    yield f"{f'{stream.node} ' if stream.node else ''}{stream.key}{expected}{interval}"
    template = stream.template
    if template is not None:
        yield (
            f"   template {template.session_id}: {_seconds(template.timeout)} of "
            f"{_seconds(template.configured_timeout)} s left"
        )
    for leaf in stream.leaves:
        leaves = leaf.wing("Out")
        where = leaves.interface if leaves else "?"
        yield f"   leaf {leaf.session_id}: to {where}, policy {leaf.policy or 'N/A'}, ages out with its template"


def _seconds(value: int | None) -> str:
    return "N/A" if value is None else str(value)
