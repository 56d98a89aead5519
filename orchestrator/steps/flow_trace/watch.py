"""Waiting while a trace runs: until the time is up, or the thing waited for was seen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from orchestrator.driver.operations import files, flow_session
from orchestrator.errors import CommandError
from orchestrator.model.flow_monitor import TraceFile
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import Outcome as PacketOutcome
from orchestrator.model.flow_trace import TracePacket
from orchestrator.model.quantities import in_words
from orchestrator.parsers import flow_trace
from orchestrator.parsers.source import Source
from orchestrator.steps.flow_trace.arm import add
from orchestrator.steps.flow_trace.filters import Conversation, described, reverse_filters
from orchestrator.steps.governor import Governor
from orchestrator.steps.step import Bench, Outcome

POLL_SECONDS = 0.5
LARGEST_PEEK = 4 * 1024 * 1024  # a trace larger than this is no longer read while it grows
_PACKETS = re.compile(r"packets:([1-9]\d{0,6})")


def until_reader(until: str) -> Callable[[list[TracePacket]], bool] | None:
    """What a stop condition looks for in the packets; ``None`` for the one that looks at the session table.

    Raises:
        ValueError: there is no such condition.
    """
    if until == "session":
        return None
    if until == "first-packet":
        return bool
    if until == "first-drop":
        return lambda packets: any(one.outcome is PacketOutcome.DROPPED and not one.ambiguous for one in packets)
    if match := _PACKETS.fullmatch(until):
        wanted = int(match[1])
        return lambda packets: len(packets) >= wanted
    raise ValueError(f"not a stop condition: {until!r} (first-drop, first-packet, session or packets:N)")


@dataclass(slots=True)
class Watch:
    """What is watched while the trace runs."""

    talk: Conversation | None
    file: TraceFile
    until: str | None
    governor: Governor
    both: bool
    progress: bool = False
    _reverse_known: bool = field(default=False, init=False)
    _size: int = field(default=-1, init=False)

    def wait(self, bench: Bench, seconds: float, outcome: Outcome) -> None:
        """Wait; follow NAT when a session appears; stop early when the condition holds or the device suffers."""
        deadline = time.monotonic() + seconds
        every = self.governor.limits.every.total_seconds()
        next_look = time.monotonic() + every
        while (left := deadline - time.monotonic()) > 0:
            busy = (
                self.until is not None
                or self.progress
                or (self.both and self.talk is not None and not self._reverse_known)
            )
            bench.pause(min(left, POLL_SECONDS if busy else left, max(0.0, next_look - time.monotonic())))
            if time.monotonic() >= next_look:
                next_look += every
                if over := self.governor.look().over:
                    outcome.stopped_by = "guard"
                    outcome.notes.append(f"stopped early to protect the device: {'; '.join(over)}")
                    bench.say(outcome.notes[-1])
                    return
            self._follow_nat(bench, outcome)
            if self._holds(bench):
                outcome.stopped_by = "condition"
                bench.say(f"stopping: {self.until}")
                return
        bench.say(f"stopping: {in_words(timedelta(seconds=seconds))} are up")

    def _follow_nat(self, bench: Bench, outcome: Outcome) -> None:
        if self._reverse_known or not self.both or self.talk is None:
            return
        known = outcome.data["filters"]
        for one in reverse_filters(bench.driver, self.talk, bench.tag, first=len(known) + 1):
            self._reverse_known = True
            told = described(one)
            if any(_same_criteria(told, other) for other in known):
                continue
            outcome.reconciled |= add(bench.driver, one)
            known.append(told)
            bench.say(f"the reverse filter follows NAT: {one.source_prefix} to {one.destination_prefix}")

    def _holds(self, bench: Bench) -> bool:
        if self.until == "session" and self._session_exists(bench):
            return True
        reader = until_reader(self.until) if self.until else None
        if reader is None and not self.progress:
            return False
        packets = self._peek(bench)
        if packets is None:
            return False
        if self.progress:
            drops = sum(one.outcome is PacketOutcome.DROPPED and not one.ambiguous for one in packets)
            bench.say(f"{len(packets)} packet{'s' * (len(packets) != 1)} seen, {drops} dropped")
        return reader is not None and reader(packets)

    def _session_exists(self, bench: Bench) -> bool:
        if self.talk is None:
            return False
        found = flow_session.sessions(bench.driver, self.talk.sessions())
        return any(isinstance(one, FlowSession) for one in found)

    def _peek(self, bench: Bench) -> list[TracePacket] | None:
        """Packets in the current trace file, when it has grown and is still small enough to read whole."""
        try:
            listed = files.listing(bench.driver, self.file.path)
        except CommandError:
            return None
        size = next((one.size_bytes or 0 for one in listed if one.name == self.file.name), 0)
        if size == self._size or not 0 < size <= LARGEST_PEEK:
            return None
        self._size = size
        text = files.log(bench.driver, self.file.name)
        return list(flow_trace.parse(Source.of_text(text, name=self.file.name)))


def _same_criteria(one: dict[str, str], other: dict[str, str]) -> bool:
    return {**one, "name": ""} == {**other, "name": ""}
