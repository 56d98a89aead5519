"""One playbook on one device. ``run`` reads as the order of the work; teardown follows whatever happens in it."""

from __future__ import annotations

import logging
import math
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import system
from orchestrator.errors import DeadlineError, DeviceError, OrchestratorError, RefusedError
from orchestrator.ledger.ledger import Ledger, Obligation
from orchestrator.model.device import Device, as_reach
from orchestrator.playbook.playbook import Playbook, Step
from orchestrator.runner.conclusion import conclude
from orchestrator.runner.deadline import Deadline
from orchestrator.runner.preflight import cluster_roles, preflight
from orchestrator.runner.result import DeviceResult, Status, StepResult
from orchestrator.runner.teardown import discharge
from orchestrator.steps.step import Bench, Facts, Interrupted, permissions
from orchestrator.store.runs import RunDirectory

log = logging.getLogger(__name__)
MOST_COMMANDS = 2000  # in the result; the story of the run has them all
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
    begun: float = field(default_factory=time.monotonic, init=False)
    owes: list[Obligation] = field(default_factory=list, init=False)  # teardown must not depend on reading the ledger

    def __post_init__(self) -> None:
        self.result = DeviceResult(device=self.device.name)
        self.driver.on_send = self._sent

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
        conclude(self.result, self.playbook, self.directory.run_id)
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
            self.result.artifacts += [replace(one, phase=self._phase(number)) for one in outcome.artifacts]
            self.result.stopped_by = outcome.stopped_by or self.result.stopped_by
            self.ledger.end_step(self.directory.run_id, self.device.name, number, told.status)

    def _phase(self, number: int) -> str:
        """Whether a step shows the device before the trace; where none is, the first of several looks does."""
        kinds = [step.kind for step in self.playbook.steps]
        if "flow_trace" in kinds:
            return "before" if number <= kinds.index("flow_trace") else "after"
        return "before" if kinds[number - 1] in kinds[number:] else "after"

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
            begun=self.begun,
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
        driver.until, driver.on_send = self.deadline.ends, self._sent
        return driver

    def _sent(self, request: str) -> None:
        """Write down what leaves for the device, exactly as it does."""
        if len(self.result.commands) < MOST_COMMANDS:
            self.result.commands.append({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "text": request})
        self.directory.record("sent", device=self.device.name, text=request)

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

    def _tell(self, text: str) -> None:
        self.directory.record("progress", device=self.device.name, text=text)
        self.say(self.device.name, text)
