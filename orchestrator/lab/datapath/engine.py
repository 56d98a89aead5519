"""The forwarding plane as one object: the lab's device asks it for sessions, drops and counters."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from orchestrator.lab.clock import Clock
from orchestrator.lab.datapath.changes import Changes, Commit
from orchestrator.lab.datapath.forwarding import Forwarder
from orchestrator.lab.datapath.logs import SessionLog
from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import Packet
from orchestrator.lab.datapath.recorder import TraceRecorder
from orchestrator.lab.datapath.records import Counters, Drop, Session
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.datapath.trace import TraceWriter
from orchestrator.lab.datapath.traffic import TrafficSource
from orchestrator.lab.filesystem import Filesystem
from orchestrator.lab.monitor import Monitor
from orchestrator.lab.scenario import Scenario

TICK_SECONDS: Final = 0.1  # lab time between two looks at what fell due
IDLE_SECONDS: Final = 0.5  # the same when no traffic is near
DROPS_KEPT: Final = 1000


class Datapath:
    """Sessions, drops and logs of one device, fed by ``process`` or by the scenario's own traffic."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a device
        self,
        scenario: Scenario,
        clock: Clock,
        monitor: Monitor,
        filesystem: Filesystem,
        style: DeviceStyle,
        peers: Sequence[Filesystem] = (),
    ) -> None:
        self._clock = clock
        self._style = style
        self.counters = Counters(max_sessions=scenario.flow.max_sessions)
        self.drops: deque[Drop] = deque(maxlen=DROPS_KEPT)
        self._log = SessionLog(style, scenario.log, filesystem, scenario.flow.idle_reason)
        self._forwarder = Forwarder(scenario, style, self._log, self.counters)
        writer = TraceWriter(style.trace, self._forwarder.policies, list(scenario.interfaces))
        self._recorder = TraceRecorder(monitor, (filesystem, *peers), style.trace, writer, self.counters)
        identifier_first = style.icmp_words == "id-sequence"
        self._traffic = TrafficSource(scenario, self._forwarder.routes, identifier_first=identifier_first)
        self._changes = Changes(scenario.changes, self._forwarder)
        self._task: asyncio.Task[None] | None = None
        self.watchers: list[Callable[[Outcome], None]] = []  # who looks at every packet that went through

    @property
    def sessions(self) -> dict[int, Session]:
        """Living sessions by id, oldest first."""
        return self._forwarder.sessions.by_id

    def start(self) -> None:
        """Let the scenario's traffic run; needs a running event loop."""
        if self._task is None:
            # Many devices share a process: each starts within the first second at a moment of its own.
            phase = zlib.crc32(self._style.host_name.encode()) % 1000 / 1000
            self.begin(self._clock.now() + phase)
            self._task = asyncio.get_running_loop().create_task(self._live())

    def begin(self, now: float) -> None:
        """Schedule the scenario's traffic from a moment on; ``tick`` plays what is due."""
        self._traffic.begin(now)
        self._changes.begin(now)

    async def stop(self) -> None:
        """End the traffic and write what is buffered."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.flush(self._clock.now(), everything=True)

    def process(self, packet: Packet) -> Outcome:
        """Take one packet through the device."""
        filters = self._recorder.filters(packet)
        outcome = self._forwarder.walk(packet)
        self.counters.packets += 1
        if outcome.cause is not None:
            self._drop(outcome)
        if filters:
            self._recorder.record(outcome, filters)
        for watch in self.watchers:
            watch(outcome)
        return outcome

    def clear(self, predicate: Callable[[Session], bool]) -> int:
        """Close the sessions that a command names; returns how many."""
        return self._forwarder.close(predicate, self._clock.now(), "CLI")

    def on_commit(self, commit: Commit) -> None:
        """Whom to tell when a change of the scenario is a colleague's commit."""
        self._changes.committed = commit

    @property
    def deleted_policies(self) -> frozenset[str]:
        """Policies of the scenario that a colleague deleted."""
        return frozenset(self._forwarder.policies.deleted)

    def reboot(self) -> None:
        """Sessions, drop records and buffers are lost; the files stay, the traffic goes on."""
        self._forwarder.forget()
        self.drops.clear()
        self.counters.invalidated = 0
        self._recorder.wipe()
        self._log.wipe()

    def age(self, now: float) -> None:
        """Close the sessions that are past their time."""
        for session in self._forwarder.sessions.due(now):
            self._forwarder.end(session, now)
        self.counters.invalidated = self._forwarder.sessions.invalidated(now)

    def flush(self, now: float, *, everything: bool = False) -> None:
        """Write logs, and trace records that have been buffered long enough."""
        self._recorder.flush(now, everything=everything)
        self._log.flush()

    def tick(self, now: float) -> None:
        """Everything that is due: start or stop of monitoring, packets, ageing, writing."""
        self._recorder.notice(now)
        while (due := self._changes.next_due()) is not None and due <= now:
            self._traffic.play(due, self.process)
            self._changes.make_next()
        self._traffic.play(now, self.process)
        self.age(now)
        self.flush(now)

    async def _live(self) -> None:
        while True:
            now = self._clock.now()
            self.tick(now)
            await self._clock.sleep(self._rest(now))

    def _rest(self, now: float) -> float:
        """Seconds until something may be due."""
        if self._recorder.is_pending:
            return TICK_SECONDS
        dues = [due for due in (self._traffic.next_due(), self._changes.next_due()) if due is not None]
        return max(TICK_SECONDS, min([due - now for due in dues] + [IDLE_SECONDS]))

    def _drop(self, outcome: Outcome) -> None:
        packet, cause, verdict = outcome.packet, outcome.cause, outcome.verdict
        assert cause is not None
        self.counters.dropped += 1
        if not self._style.record_drops:
            return
        detail = cause.detail if verdict is None else cause.detail.format(policy=verdict.name)
        self.drops.append(
            Drop(
                packet.time,
                packet.logical_system,
                packet.source,
                packet.source_port,
                packet.destination,
                packet.destination_port,
                packet.protocol,
                packet.ip_id,
                packet.interface,
                cause.module,
                detail,
            )
        )
