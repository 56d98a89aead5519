"""Starting and stopping a capture without harm to anybody else's, and without a doubt about what happened.

What the device answers to ``start`` and ``stop`` is in no source: the status read back decides, always. A change is
sent once; after a lost reply a fresh session looks for what became of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from orchestrator.driver import retry
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import files, packet_capture
from orchestrator.errors import (
    CommandError,
    DeniedError,
    DeviceError,
    ReplyTimeoutError,
    RetrievalError,
    SessionLostError,
    UnsupportedError,
)
from orchestrator.model import tags
from orchestrator.model.files import RemoteFile
from orchestrator.model.packet_capture import CaptureRequest, CaptureStatus
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience
from orchestrator.steps.step import Undo, Undone
from orchestrator.store.paths import safe_name

KIND = "pcap"
LOOK_SECONDS = 0.3
LOOKS = 4  # how often a file that comes back is deleted again
READ_BACK_SECONDS = 2.0
UNNAMED = "the device does not show whose packet capture runs, so none can be stopped without harm to another's"


def arm(driver: Driver, request: CaptureRequest) -> bool:
    """Start. True when a lost reply had to be reconciled.

    Raises:
        DeviceError: the device does not show our capture afterwards.
        UnsupportedError: it shows a capture and not whose; ours was stopped at once.
    """
    said, reconciled = "", False
    try:
        said = packet_capture.start(driver, request)
    except (ReplyTimeoutError, SessionLostError):
        # The command may still be on its way: it is looked for as long again as a reply may take.
        if not _seen(driver, lambda states: _began(driver, states, request.name), driver.device.reply_seconds):
            raise
        reconciled = True
    if not reconciled and not _seen(driver, lambda states: _began(driver, states, request.name), READ_BACK_SECONDS):
        raise DeviceError(
            f"the device does not show the capture that was started; it said: {said or 'nothing'}",
            device=driver.device.name, command=packet_capture.start_line(request),
        )  # fmt: skip
    if _names_none(packet_capture.status(driver)):
        packet_capture.stop(driver)  # begun a moment ago, with our file: later nobody could tell it from another's
        raise UnsupportedError(
            UNNAMED, device=driver.device.name, command=packet_capture.start_line(request),
            hint="say optional: true to go on without it",
        )  # fmt: skip
    return reconciled


def disarm(driver: Driver, name: str) -> bool:
    """Stop our capture, and only ours. True when a lost reply had to be reconciled.

    Raises:
        DeviceError: it still runs.
    """
    if not runs(packet_capture.status(driver), name):
        return False
    said, reconciled = "", False
    try:
        said = packet_capture.stop(driver)
    except (ReplyTimeoutError, SessionLostError):
        reconciled = True
    if not _seen(driver, lambda states: not runs(states, name), driver.device.reply_seconds):
        raise DeviceError(
            f"the capture still runs after it was stopped; the device said: {said or 'nothing'}",
            device=driver.device.name, command=packet_capture.STOP_LINE,
            hint=f"orchestrator recover {driver.device.name}",
        )  # fmt: skip
    return reconciled


def is_ours(states: list[CaptureStatus], name: str) -> bool:
    """Whether the device's capture, running or done, is that of this file."""
    return any(_same_file(state, name) for state in states)


def runs(states: list[CaptureStatus], name: str) -> bool:
    """Whether our capture runs."""
    return any(state.is_running and _same_file(state, name) for state in states)


def _names_none(states: list[CaptureStatus]) -> bool:
    """Whether the device leaves open which capture runs: what it shows is in no source."""
    return all(not state.file and state.enabled is not False for state in states)


def _began(driver: Driver, states: list[CaptureStatus], name: str) -> bool:
    """Whether our capture was started: by its name, or by its file where the device names none."""
    return is_ours(states, name) or (_names_none(states) and bool(packet_capture.our_files(driver, name)))


def _same_file(state: CaptureStatus, name: str) -> bool:
    """The device may add a suffix of its own to the name; a tag is no beginning of another tag."""
    return state.file_name == name or state.file_name.startswith(f"{name}.")


def _seen(driver: Driver, done: Callable[[list[CaptureStatus]], bool], seconds: float) -> bool:
    return retry.until(
        lambda: done(packet_capture.status(driver)), bool, timeout=seconds, every=LOOK_SECONDS, sleep=time.sleep
    )


def undo_all(driver: Driver, due: Undo) -> Undone:
    """Stop our capture, bring home what is not there yet, delete our files, read back. Idempotent, and looks first.

    Raises:
        DeviceError: something of ours is still there.
    """
    name, undone = str(due.args["file"]), Undone()
    states = packet_capture.status(driver)
    if ran := runs(states, name):
        disarm(driver, name)
    elif _names_none(states) and packet_capture.our_files(driver, name):
        undone.residue.append(f"{UNNAMED}: nothing was stopped; ours ends by its count of packets")
    _remove_files(driver, name, due, undone, settle=ran)
    states = packet_capture.status(driver)
    if runs(states, name):
        raise DeviceError("our capture runs again after the teardown", device=driver.device.name,
                          hint=f"orchestrator recover {driver.device.name}")  # fmt: skip
    undone.residue += [
        f"a packet capture runs with the file {state.file or 'none'}: somebody else's, left alone"
        for state in states
        if state.is_running
    ]
    return undone


def settled_files(driver: Driver, name: str, patience: Patience) -> list[RemoteFile]:
    """Our files once no size has changed for a while."""
    last: list[tuple[str, int | None]] = []
    since = time.monotonic()

    def look() -> list[RemoteFile]:
        nonlocal last, since
        found = packet_capture.our_files(driver, name)
        sizes = [(file.path, file.size_bytes) for file in found]
        if sizes != last:
            last, since = sizes, time.monotonic()
        return found

    return retry.until(
        look, lambda _: time.monotonic() - since >= patience.settle,
        timeout=patience.limit, every=retrieval.POLL_SECONDS, sleep=patience.sleep,
    )  # fmt: skip


def _remove_files(driver: Driver, name: str, due: Undo, undone: Undone, *, settle: bool) -> None:
    """Delete our files, after one more try to bring home what is not there yet; look until they stay away."""
    kept: set[str] = set()
    found = settled_files(driver, name, Patience()) if settle else packet_capture.our_files(driver, name)
    for _ in range(LOOKS):
        for file in found:
            if not _remove(driver, file, due, undone):
                kept.add(file.path)
        found = [file for file in packet_capture.our_files(driver, name) if file.path not in kept]
        if not found:
            return
        found = [file for file in settled_files(driver, name, Patience()) if file.path not in kept]
    raise DeviceError(f"{name} comes back after it was deleted", device=driver.device.name,
                      hint=f"orchestrator recover {driver.device.name}")  # fmt: skip


def _remove(driver: Driver, file: RemoteFile, due: Undo, undone: Undone) -> bool:
    """Delete one file; ``False`` when it stays, which is told."""
    if tags.read(file.name) is None:
        undone.residue.append(f"{file.path} stays on the device: only names that are ours alone may be deleted")
        return False
    if not _is_home(driver, file, due, undone) and due.keep_unfetched:
        undone.residue.append(f"{file.path} stays on the device: it did not come home")
        return False
    try:
        files.delete(driver, file.path)
    except (DeniedError, UnsupportedError) as error:
        undone.residue.append(f"{file.path} stays on the device: {error.message}")
        return False
    return True


def _is_home(driver: Driver, file: RemoteFile, due: Undo, undone: Undone) -> bool:
    if due.folder is None:
        return False
    if (due.folder / safe_name(file.name)).exists():
        return True
    try:
        undone.artifacts.append(retrieval.bring(driver, file.path, due.folder, kind=KIND))
    except (RetrievalError, CommandError, OSError):
        return False
    return True
