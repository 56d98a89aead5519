"""A run: one thread a device, signals in the main thread, one result for all."""

from __future__ import annotations

import getpass
import hashlib
import logging
import platform
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from orchestrator import __version__
from orchestrator.driver.base import Driver
from orchestrator.errors import LedgerError, OrchestratorError, OwedError, RefusedError
from orchestrator.ledger.ledger import Lease, Ledger
from orchestrator.model import tags
from orchestrator.model.device import Device
from orchestrator.model.verdict import Verdict
from orchestrator.playbook.playbook import Playbook
from orchestrator.reports import to_html, to_junit
from orchestrator.runner.deadline import Deadline
from orchestrator.runner.device_run import DeviceRun
from orchestrator.runner.result import (
    RESULT_FORMAT,
    DeviceResult,
    Status,
    exit_code,
    gravest_status,
    gravest_verdict,
)
from orchestrator.steps.step import Interrupted
from orchestrator.store.paths import write_whole
from orchestrator.store.runs import RunDirectory
from orchestrator.store.seal import seal

REPORTS: Mapping[str, Any] = {"report.html": to_html, "junit.xml": to_junit}
log = logging.getLogger(__name__)
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEASE_MARGIN_SECONDS = 600.0
LEASE_LOOK_SECONDS = 0.5


@dataclass(slots=True)
class Stop:
    """The wish to end a run, from a signal or from another thread."""

    wanted: threading.Event = field(default_factory=threading.Event)
    signals: int = 0
    on_signal: Callable[[int], None] = lambda _count: None

    def pause(self, seconds: float) -> None:
        """Wait; raise at once when the run should end.

        Raises:
            Interrupted: it should.
        """
        if self.wanted.wait(seconds):
            raise Interrupted

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals that end a run, also where the parent had set them to be ignored."""

        def take(_number: int, _frame: FrameType | None) -> None:
            self.signals += 1
            self.wanted.set()
            self.on_signal(self.signals)

        before = {number: signal.signal(number, take) for number in STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The whole run."""

    run_id: str
    playbook: Playbook
    status: Status
    verdict: Verdict | None
    devices: list[DeviceResult]
    directory: Path
    started: datetime
    ended: datetime

    @property
    def exit_code(self) -> int:
        """0, 1, 2 or 3."""
        return exit_code(self.devices)

    def as_dict(self) -> dict[str, Any]:
        """The result file. Keys at the top and of ``devices`` are a contract; more may be added."""
        return {
            "format": RESULT_FORMAT,
            "run_id": self.run_id,
            "status": self.status.value,
            "verdict": self.verdict.value if self.verdict else None,
            "exit_code": self.exit_code,
            "playbook": {
                "name": self.playbook.name,
                "sha256": hashlib.sha256(self.playbook.source.encode()).hexdigest(),
                "variables": self.playbook.values,
            },
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "by": {
                "user": getpass.getuser(),
                "machine": socket.gethostname(),
                "version": __version__,
                "python": platform.python_version(),
            },
            "directory": str(self.directory),
            "devices": [one.as_dict(str(self.directory)) for one in self.devices],
        }


@dataclass(slots=True, kw_only=True)
class Runner:
    """What every run needs: step kinds, the ledger, where run directories go, how to connect, whom to tell."""

    kinds: Mapping[str, Any]
    ledger: Ledger
    runs: Path
    connect: Callable[[Device], Driver]
    say: Callable[[str, str], None]
    stop: Stop = field(default_factory=Stop)
    busy_seconds: float = 0.0  # how long to wait for a device that another run of ours holds

    def run(self, playbook: Playbook, devices: Sequence[Device], *, run_id: str = "") -> RunResult:
        """Run a playbook on devices, all at once, and write the run directory.

        Raises:
            OwedError: a device is still owed a teardown by a dead run.
            LedgerError: the ledger cannot be used; nothing was sent.
        """
        started = datetime.now(UTC)
        deadline = Deadline().sooner("run", playbook.limits.run)
        self._refuse_owed(devices)
        try:
            directory = RunDirectory.create(self.runs, run_id or tags.new_run_id(started))
            (directory.path / "playbook.yml").write_text(playbook.source, encoding="utf-8")
        except OSError as error:
            raise LedgerError(
                f"no run directory can be made in {self.runs}: {error.strerror}",
                hint="nothing was sent; free the disk, or name another folder with --runs-dir",
            ) from error
        try:
            directory.record("started", playbook=playbook.name, devices=[one.name for one in devices])
            self.ledger.begin_run(directory.run_id, playbook.name)
            with self.stop.listening():  # also while the result is written: it must not be cut off
                results = self._on_all(playbook, devices, directory, deadline)
                result = RunResult(
                    run_id=directory.run_id, playbook=playbook, status=gravest_status(results),
                    verdict=gravest_verdict(results), devices=results, directory=directory.path, started=started,
                    ended=datetime.now(UTC),
                )  # fmt: skip
                _write(directory, result)
                _though_unwritable(lambda: self.ledger.end_run(directory.run_id, result.status.value))
        finally:
            directory.close()
        return result

    def _refuse_owed(self, devices: Sequence[Device]) -> None:
        owed = [one.name for one in devices if self.ledger.orphaned(one.name)]
        if owed:
            raise OwedError(
                f"{', '.join(owed)}: a dead run still owes a teardown here", devices=tuple(owed),
                hint=f"orchestrator recover {' '.join(owed)}",
            )  # fmt: skip

    def _on_all(
        self, playbook: Playbook, devices: Sequence[Device], directory: RunDirectory, deadline: Deadline
    ) -> list[DeviceResult]:
        """One thread a device; the main thread only waits, so that signals are taken at once."""
        results: dict[str, DeviceResult] = {}

        def work(device: Device) -> None:
            one = DeviceRun(
                playbook=playbook, device=device, driver=self.connect(device), ledger=Ledger.beside(self.ledger),
                directory=directory, kinds=self.kinds, connect=self.connect, pause=self.stop.pause, say=self.say,
                deadline=deadline,
            )  # fmt: skip
            results[device.name] = self._leased(one)

        threads = [threading.Thread(target=work, args=(device,), name=device.name) for device in devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
        return [results[device.name] for device in devices]

    def _leased(self, one: DeviceRun) -> DeviceResult:
        """Run with the lease of the device, so that two runs of ours never meet on it."""
        run_id, name = one.directory.run_id, one.device.name
        try:
            held = self._wait_for_lease(one)
            if held is None:
                try:
                    return one.run()
                finally:
                    _though_unwritable(lambda: one.ledger.release(name, run_id))
            one.result.status = Status.REFUSED
            one.result.error = RefusedError(
                f"run {held.run_id} of ours is working on it", device=name,
                hint="orchestrator leases shows it; --if-busy wait queues behind it",
            )  # fmt: skip
        except Interrupted:
            one.result.status, one.result.stopped_by = Status.INTERRUPTED, "user"
        except OrchestratorError as error:
            one.result.status, one.result.error = Status.FAILED, error
        finally:
            one.ledger.close()
        return one.result

    def _wait_for_lease(self, one: DeviceRun) -> Lease | None:
        """Take the lease, waiting for it when that was asked; the holder's when it could not be had."""
        deadline = time.monotonic() + self.busy_seconds
        seconds = one.lasts().total_seconds() + LEASE_MARGIN_SECONDS
        while (held := one.ledger.lease(one.device.name, one.directory.run_id, seconds)) is not None:
            if time.monotonic() >= deadline or not one.deadline.left:
                return held
            self.say(one.device.name, f"waiting for run {held.run_id}")
            self.stop.pause(LEASE_LOOK_SECONDS)
        return None


def _though_unwritable(record: Callable[[], None]) -> None:
    """Bookkeeping after the work: the run's result counts, not what the ledger could not be told."""
    try:
        record()
    except Exception as error:  # noqa: BLE001 - whatever it is, the work is done and its result is written
        log.warning("%s", error)


def _write(directory: RunDirectory, result: RunResult) -> None:
    """The result, a page for the reader, test cases for a CI, and the seal over all of it."""
    document = result.as_dict()
    verdict = result.verdict.value if result.verdict else None
    directory.record("ended", status=result.status.value, verdict=verdict)
    try:
        directory.write("result.json", document)
        for name, report in REPORTS.items():
            write_whole(directory.path / name, report.render(document))
        seal(directory)
    except OSError as error:  # the result is still printed
        log.warning("the result cannot be written to %s: %s", directory.path, error.strerror)
