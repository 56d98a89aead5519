"""Arming and disarming the monitor, without harm to anybody else's and without a doubt about what happened.

A reply that never came after a change means *unknown*: a fresh session reads the state back and decides. Nothing is
ever sent a second time blindly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from orchestrator.driver import retry
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import files, flow_monitor
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
from orchestrator.model.flow_monitor import FlowFilter, MonitorStatus, TraceFile
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience
from orchestrator.steps.step import Undo, Undone
from orchestrator.store.paths import safe_name

LOG_FOLDER = "/var/log/"
LOOK_SECONDS = 0.3
LOOKS = 4  # how often a file that comes back is deleted again


def arm(
    driver: Driver, file: TraceFile, filters: Iterable[FlowFilter], prior: str, still_free: Callable[[str], None]
) -> bool:
    """Set the file and the filters, start. True when a lost reply had to be reconciled.

    ``still_free`` is asked right before the two changes that would take the monitor from somebody who began meanwhile,
    each time with the name the trace file must have: ``prior``, the one set before, then ours. A start with another one
    would write into a colleague's file.
    """
    still_free(prior)
    reconciled = _set_file(driver, file)
    reconciled |= add_all(driver, filters)
    still_free(file.name)
    return reconciled | _certainly(driver, lambda: flow_monitor.start(driver), lambda state: state.active)


def add_all(driver: Driver, filters: Iterable[FlowFilter]) -> bool:
    """Set filters. True when a lost reply had to be reconciled."""
    reconciled = False
    for one in filters:
        reconciled |= add(driver, one)
    return reconciled


def add(driver: Driver, one: FlowFilter) -> bool:
    """Set one filter. True when a lost reply had to be reconciled."""
    return _certainly(
        driver,
        lambda: flow_monitor.set_filter(driver, one),
        lambda state: any(each.name == one.name for each in state.filters),
    )


def disarm(driver: Driver, file: TraceFile) -> bool:
    """Stop our monitor, and only ours. True when a lost reply had to be reconciled."""
    if not any(_is_ours(state, file.name) for state in flow_monitor.status(driver)):
        return False
    return _stop(driver)


def _stop(driver: Driver) -> bool:
    return _certainly(driver, lambda: flow_monitor.stop(driver), lambda state: not state.active)


def _set_file(driver: Driver, file: TraceFile) -> bool:
    return _certainly(driver, lambda: flow_monitor.set_file(driver, file), lambda state: state.file_name == file.name)


def _is_ours(state: MonitorStatus, name: str) -> bool:
    return state.active and state.file_name == name


def _certainly(driver: Driver, change: Callable[[], None], done: Callable[[MonitorStatus], bool]) -> bool:
    """Make a change whose outcome is known afterwards, whatever became of the reply.

    A command may still be on its way when its reply is given up, so it is looked for as long again as a reply may take:
    else a teardown would be over, and its late ``stop`` or ``file`` would meet whoever debugs next.
    """
    try:
        change()
    except (ReplyTimeoutError, SessionLostError):
        if not retry.until(
            lambda: any(done(state) for state in flow_monitor.status(driver)),
            bool, timeout=driver.device.reply_seconds, every=LOOK_SECONDS, sleep=time.sleep,
        ):  # fmt: skip
            raise
        return True
    return False


def undo_all(driver: Driver, due: Undo) -> Undone:
    """Stop, remove filters and files, restore the file setting, read back. Idempotent, and looks before it acts.

    Raises:
        DeviceError: something of ours is still there.
    """
    name, prior = str(due.args["file"]), str(due.prior.get("file") or "")
    states = flow_monitor.status(driver)
    if name and any(_is_ours(state, name) for state in states):
        _stop(driver)
    for filter_name in _our_filters(states, due.run_id):
        flow_monitor.clear_filter(driver, filter_name)
    undone = Undone()
    if name:  # else the file was a colleague's, and only read
        _remove_files(driver, name, due, due.folder, undone)
        for other in driver.device.other_nodes():
            with closing(due.connect(other)) as node:
                _remove_files(node, name, due, node_folder(due.folder, other.name), undone)
    states = _read_back(driver, name, due.run_id)
    if name:  # last of all, for a command of ours that was late
        undone.residue += _restore_file(driver, states, name, prior)
    undone.residue += [
        f"the monitor runs with the file {state.file}: somebody else's, left alone"
        for state in states
        if name and state.active
    ]
    return undone


def _read_back(driver: Driver, name: str, run_id: str) -> list[MonitorStatus]:
    states = flow_monitor.status(driver)
    left = _our_filters(states, run_id)
    active = bool(name) and any(_is_ours(state, name) for state in states)
    if left or active:
        raise DeviceError(
            f"still there after the teardown: filters {', '.join(left) or 'none'}, "
            f"monitor {'active' if active else 'inactive'}",
            device=driver.device.name,
            hint=f"orchestrator recover {driver.device.name}",
        )
    return states


def _our_filters(states: list[MonitorStatus], run_id: str) -> list[str]:
    names = {one.name for state in states for one in state.filters}
    return sorted(name for name in names if (tag := tags.read(name)) is not None and tag.run_id == run_id)


def _restore_file(driver: Driver, states: list[MonitorStatus], name: str, prior: str) -> list[str]:
    """Put the previous file name back; where there was none, Junos offers no way to unset ours."""
    if not any(state.file_name == name for state in states):
        return []
    if prior and not tags.read(prior):
        _set_file(driver, TraceFile(name=prior))
        return [f"the trace-file setting is {prior} again; its size and count are not shown by the device: defaults"]
    return [f"the trace-file setting {name} stays: Junos has no command to unset it (nothing is written to it)"]


def node_folder(folder: Path | None, name: str) -> Path | None:
    """Where the files of another node go: every node uses the same names."""
    if folder is None:
        return None
    path = folder / safe_name(name)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def _remove_files(driver: Driver, name: str, due: Undo, folder: Path | None, undone: Undone) -> None:
    """Delete the trace files, after one more try to bring home what is not there yet.

    A device writes its buffers for a while after ``stop``: a file deleted too early comes back. So it is looked for
    again, and again, until it stays away.
    """
    path = f"{LOG_FOLDER}{name}"
    home = folder is not None and (folder / safe_name(name)).exists()
    found = retrieval.rotated_set(driver, path) if home else retrieval.settled_set(driver, path, Patience())
    kept: set[str] = set()
    for _ in range(LOOKS):
        for file in found:
            _remove(driver, file, due, folder, undone, kept)
        found = [file for file in retrieval.rotated_set(driver, path) if file.path not in kept]
        if not found:
            return
        found = [file for file in retrieval.settled_set(driver, path, Patience()) if file.path not in kept]
    raise DeviceError(f"{path} comes back after it was deleted", device=driver.device.name,
                      hint=f"orchestrator recover {driver.device.name}")  # fmt: skip


def _remove(  # noqa: PLR0913, PLR0917 - one file of _remove_files
    driver: Driver, file: RemoteFile, due: Undo, folder: Path | None, undone: Undone, kept: set[str]
) -> None:
    if not _is_home(driver, file, folder, undone) and due.keep_unfetched:
        undone.residue.append(f"{file.path} stays on the device: it did not come home")
        kept.add(file.path)
        return
    try:
        files.delete(driver, file.path)
    except (DeniedError, UnsupportedError) as error:
        undone.residue.append(f"{file.path} stays on the device: {error.message}")
        kept.add(file.path)


def _is_home(driver: Driver, file: RemoteFile, folder: Path | None, undone: Undone) -> bool:
    """Whether the file lies whole in the run directory; if it does not, one more try to bring it."""
    if folder is None:
        return False
    if (folder / safe_name(file.name)).exists():
        return True
    try:
        undone.artifacts.append(retrieval.bring(driver, file.path, folder, kind="flow_trace"))
    except (RetrievalError, CommandError, OSError):
        return False
    return True
