"""One playbook on one device. ``run`` reads as the order of the work; teardown follows whatever happens in it."""

from __future__ import annotations

import logging
import math
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from orchestrator.analysis.judge import Asked, Evidence, judge
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import system
from orchestrator.errors import DeadlineError, DeviceError, OrchestratorError, ParseError, RefusedError
from orchestrator.ledger.ledger import Ledger, Obligation
from orchestrator.model import tags
from orchestrator.model.device import Device, as_reach
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import TracePacket, TraceStats
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.parsers import flow_trace
from orchestrator.parsers.source import Source
from orchestrator.playbook.playbook import Playbook, Step
from orchestrator.runner.deadline import Deadline
from orchestrator.runner.preflight import cluster_roles, preflight
from orchestrator.runner.result import DeviceResult, Status, StepResult
from orchestrator.runner.teardown import discharge
from orchestrator.steps.step import Bench, Facts, Interrupted, Outcome, permissions
from orchestrator.store.runs import RunDirectory

log = logging.getLogger(__name__)
MARGIN = timedelta(minutes=10)  # a tag outlives its run by this much


@dataclass(slots=True, kw_only=True)
class DeviceRun:
    """A playbook, a device, and what has happened so far.

    ``pause`` waits and raises ``Interrupted`` once the run should end; during teardown it is not asked.
    """

    playbook: Playbook
    device: Device
    driver: Driver
    ledger: Ledger
    directory: RunDirectory
    kinds: Mapping[str, Any]
    connect: Callable[[Device], Driver]
    pause: Callable[[float], None]
    say: Callable[[str, str], None]
    deadline: Deadline = field(default_factory=Deadline)
    result: DeviceResult = field(init=False)
    outcomes: list[tuple[Step, Outcome]] = field(default_factory=list, init=False)
    owes: list[Obligation] = field(default_factory=list, init=False)  # teardown must not depend on reading the ledger

    def __post_init__(self) -> None:
        self.result = DeviceResult(device=self.device.name)

    def run(self) -> DeviceResult:
        """Preflight, steps in order, teardown in reverse, the proof that nobody committed, the verdict."""
        self._must_end(self.deadline.sooner("device", self.playbook.limits.device))
        try:
            facts = self._preflight()
            self._steps(facts)
        except Interrupted:
            self.result.status, self.result.stopped_by = Status.INTERRUPTED, "user"
        except RefusedError as error:
            self.result.status, self.result.error = Status.REFUSED, error
        except DeadlineError as error:
            self.result.status = Status.FAILED
            self.result.error = self.deadline.error(self.device.name, error.command)
        except OrchestratorError as error:
            self.result.status, self.result.error = Status.FAILED, error
        except Exception as error:
            # A mistake of ours must not leave a device armed; the story keeps the traceback.
            self.directory.record("mistake", device=self.device.name, traceback=traceback.format_exc())
            log.debug("a mistake in this program", exc_info=error)
            self.result.status = Status.FAILED
            self.result.error = DeviceError(
                f"a mistake in this program: {type(error).__name__}: {error}", device=self.device.name,
                hint="please report it with the run directory",
            )  # fmt: skip
        finally:
            self.driver.until = math.inf
            self._teardown()
            self._prove_no_commit()
            self._note_failover()
            self.driver.close()
        self._judge()
        return self.result

    # -- in order --------------------------------------------------------------------------------------------------

    def _preflight(self) -> Facts:
        self._tell("connecting")
        plans = (self.kinds[step.kind].plan(step.args, lambda label: label) for step in self.playbook.steps)
        needed = permissions(planned for plan in plans for planned in plan) - {"view"}
        facts = preflight(self.driver, needed)
        self.result.commit_before = facts.commit
        self.result.facts = {"host_name": facts.host_name, "model": facts.model, "release": facts.release,
                             "cluster": facts.roles}  # fmt: skip
        self._tell(f"{facts.host_name}: {facts.model}, {facts.release}")
        if facts.commit is None:
            self.result.notes.append("the device shows no commit revision, history or time to this user")
        return facts

    def _steps(self, facts: Facts) -> None:
        saved: dict[str, Any] = {}
        whole = self.deadline
        for number, step in enumerate(self.playbook.steps, 1):
            self._must_end(whole.sooner("step", self.playbook.limits.step))
            self._pause(0)
            begun = time.monotonic()
            told = StepResult(number=number, kind=step.kind, status="not-done")
            self.result.steps.append(told)
            self.ledger.begin_step(self.directory.run_id, self.device.name, number, step.kind)
            try:
                outcome = self.kinds[step.kind].run(step.args, self._bench(facts, number, step, saved))
            finally:
                told.seconds = round(time.monotonic() - begun, 3)
            told.status = "reconciled" if outcome.reconciled else "done"
            told.notes, told.data = outcome.notes, outcome.data
            self.result.artifacts += outcome.artifacts
            self.result.stopped_by = outcome.stopped_by or self.result.stopped_by
            self.outcomes.append((step, outcome))
            self.ledger.end_step(self.directory.run_id, self.device.name, number, told.status)

    def _bench(self, facts: Facts, number: int, step: Step, saved: dict[str, Any]) -> Bench:
        def owe(args: dict[str, Any], prior: dict[str, Any]) -> None:
            obligation = Obligation(
                run_id=self.directory.run_id, device=self.device.name, kind=step.kind, args=args, prior=prior,
                reach={**as_reach(self.device), "folder": str(self.directory.device(self.device.name))},
            )  # fmt: skip
            self.ledger.begin_change(self.directory.run_id, self.device.name, number, step.kind, [obligation])
            self.owes.append(obligation)

        return Bench(
            driver=self.driver,
            device=self.device,
            facts=facts,
            run_id=self.directory.run_id,
            ttl=self.lasts(),
            folder=self.directory.device(self.device.name),
            say=self._tell,
            pause=self._pause,
            owe=owe,
            connect=self._connect_in_time,
            saved=saved,
        )

    def _pause(self, seconds: float) -> None:
        """Wait, at most as long as there is time."""
        left = self.deadline.left
        self.pause(min(seconds, left))
        if seconds >= left:
            raise self.deadline.error(self.device.name)

    def _must_end(self, deadline: Deadline) -> None:
        self.deadline, self.driver.until = deadline, deadline.ends

    def _connect_in_time(self, device: Device) -> Driver:
        driver = self.connect(device)
        driver.until = self.deadline.ends
        return driver

    def lasts(self) -> timedelta:
        """How long this run may take at most, as far as its steps say."""
        spans = [span for step in self.playbook.steps if (span := getattr(step.args, "for_", None)) is not None]
        return sum(spans, timedelta()) + MARGIN

    # -- whatever happened -------------------------------------------------------------------------------------------

    def _teardown(self) -> None:
        if not self.owes:
            return
        done = discharge(
            self.owes[::-1], self.ledger, self.driver, self.kinds, connect=self.connect,
            folder=self.directory.device(self.device.name), keep_unfetched=True, say=self._tell,
        )  # fmt: skip
        self.result.residue += done.residue
        self.result.artifacts += done.artifacts
        self.result.obligations_open = len(done.owed)
        if done.owed:
            self.result.status = Status.OWED
            self.result.notes += [f"still owed: {text}" for text in done.owed]
        for told in self.result.steps:
            if told.kind in done.undone and told.status == "not-done":
                told.status = "undone"
            elif any(text.startswith(told.kind) for text in done.owed):
                told.status = "owed"

    def _prove_no_commit(self) -> None:
        if self.result.commit_before is None:
            return
        try:
            after = self.result.commit_after = system.commit_mark(self.driver)
        except OrchestratorError as error:
            self.result.notes.append(f"the commit revision could not be read at the end: {error.message}")
            return
        before = self.result.commit_before
        if after is not None and after.source == before.source and after.value != before.value:
            who = after.user or "somebody"
            self.result.notes.append(
                f"{who} committed during this run ({before.value} -> {after.value}); this program has no way to commit"
            )

    def _note_failover(self) -> None:
        """A trace that was begun on one node says nothing of what the other one did afterwards."""
        before = self.result.facts.get("cluster")
        try:
            after = cluster_roles(self.driver) if before else before
        except OrchestratorError:  # that the device cannot be reached is told by what failed
            return
        if before != after:
            self.result.notes.append(f"the cluster failed over during this run: {before} before, {after} after")

    def _judge(self) -> None:
        try:
            asked, evidence = self._evidence()
        except ParseError as error:
            self.result.notes.append(f"the trace could not be read: {error}")
            return
        if asked is not None:
            self.result.answer, self.result.conversations = judge(asked, evidence)

    def _evidence(self) -> tuple[Asked | None, Evidence]:
        """Gather what came home; ``None`` when nothing was traced. An interrupted trace is evidence too."""
        evidence = Evidence()
        sessions: list[FlowSession] = []
        drops: list[list[PacketDrop]] = []
        for step, outcome in self.outcomes:
            sessions += [one for one in outcome.records if isinstance(one, FlowSession)]
            if step.kind == "packet_drop":
                drops.append([one for one in outcome.records if isinstance(one, PacketDrop)])
        begun = self.playbook.steps[: len(self.result.steps)]
        args = next((step.args for step in reversed(begun) if step.kind == "flow_trace"), None)
        paths = [artifact.path for artifact in self.result.artifacts if artifact.kind == "flow_trace"]
        if args is None or not (paths or self.result.status is Status.COMPLETED):
            return None, evidence
        reading = flow_trace.parse(*(Source.of_path(path) for path in flow_trace.in_order(paths)))
        evidence.packets = [packet for packet in reading if self._is_traced_by_us(packet)]
        evidence.gaps = self._gaps(reading.stats)
        evidence.sessions, evidence.drops = sessions, _new_drops(drops)
        evidence.both_directions = args.directions == "both"  # type: ignore[attr-defined]
        talk = getattr(args, "conversation", None)
        asked = Asked(source=talk.source, destination=talk.destination, protocol=talk.protocol) if talk else Asked()
        return asked, evidence

    def _is_traced_by_us(self, packet: TracePacket) -> bool:
        """Whether one of this run's filters took the packet: a colleague's file also holds what hers took."""
        owners = (tags.read(name) for name in packet.filter.split(","))
        return any(tag is not None and tag.run_id == self.directory.run_id for tag in owners)

    def _gaps(self, stats: TraceStats) -> tuple[str, ...]:
        """Why the trace may not tell everything."""
        gaps = [text for told in self.result.steps for text in told.data.get("gaps", ())]
        if stats.orphans:
            gaps.append("the trace begins in the middle of packets: older lines were rotated away")
        if self.result.status is not Status.COMPLETED:
            gaps.append("the capture was ended before its time")
        return tuple(dict.fromkeys(gaps))

    def _tell(self, text: str) -> None:
        self.directory.record("progress", device=self.device.name, text=text)
        self.say(self.device.name, text)


def _new_drops(lists: list[list[PacketDrop]]) -> list[PacketDrop]:
    """Records of the last reading that were not there at the first: what was dropped meanwhile."""
    if not lists:
        return []
    old = Counter((one.time, one.key, one.ip_id) for one in lists[0]) if len(lists) > 1 else Counter()
    return [one for one in lists[-1] if not old[(one.time, one.key, one.ip_id)]]
