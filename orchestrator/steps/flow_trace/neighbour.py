"""Good neighbour: somebody else may be debugging already, and the device does not say who.

The monitor's state is device-global and has no owner. So it is read first, and by policy a run refuses, waits, or
coexists: beside a monitor that runs, our filters are added to theirs, the trace is read from their file, and neither
file, start nor stop is touched.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from orchestrator.driver.base import Rpc
from orchestrator.driver.operations import flow_monitor, system
from orchestrator.errors import CommandError, RefusedError
from orchestrator.model import tags
from orchestrator.model.flow_monitor import MonitorStatus
from orchestrator.steps.step import Bench

LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the device leaves us.

    ``prior_file`` is the file set before, ``borrowed`` says that a monitor runs and is somebody's, ``foreign`` are the
    filters that were there.
    """

    prior_file: str = ""
    borrowed: bool = False
    foreign: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def find_room(bench: Bench, policy: str, patience_seconds: float) -> Room:
    """Find out what is there, and say what may be done beside it.

    Raises:
        RefusedError: somebody debugs and the policy is to refuse, or to wait and the time is up; or flow traceoptions
            is in use, which the device allows beside nothing.
    """
    deadline = time.monotonic() + patience_seconds
    states = flow_monitor.status(bench.driver)
    while policy == "wait" and any(_is_taken(state) for state in states) and time.monotonic() < deadline:
        bench.say(f"waiting: {_described(states)}")
        bench.pause(LOOK_SECONDS)
        states = flow_monitor.status(bench.driver)
    _refuse_traceoptions(bench)
    prior = next((state.file_name for state in states if state.file), "")
    if not any(_is_taken(state) for state in states):
        return Room(prior_file=prior)
    if policy == "coexist" and not _all_ours(states):
        active = any(state.active for state in states)
        foreign = frozenset(one.name for state in states for one in state.filters)
        return Room(
            prior_file=prior,
            borrowed=active,
            foreign=foreign,
            notes=(f"beside somebody's debug: {_described(states)}",),
        )
    raise RefusedError(
        _described(states), device=bench.device.name,
        hint=f"orchestrator recover {bench.device.name} removes what a dead run of ours left, sweep what a lost one did"
        if _all_ours(states)
        else "it is somebody else's: ask them, wait for it (if_taken: wait), or trace beside it (if_taken: coexist)",
    )  # fmt: skip


def refuse_if_changed(bench: Bench, room: Room, file_name: str) -> None:
    """Look once more, right before a change: somebody may have begun since we looked, or set another trace file.

    ``file_name`` is what the trace file should be called, empty where none was set.

    Raises:
        RefusedError: somebody did.
    """
    states = flow_monitor.status(bench.driver)
    names = {one.name for state in states for one in state.filters}
    foreign = {name for name in names if (tag := tags.read(name)) is None or tag.run_id != bench.run_id}
    files = {state.file_name for state in states if state.file}
    if any(state.active for state in states) or foreign - room.foreign:
        began = _described(states)
    elif files and file_name not in files:
        began = f"the trace file is {', '.join(sorted(files))}, it should be {file_name or 'none'}"
    else:
        return
    raise RefusedError(
        f"somebody began meanwhile: {began}", device=bench.device.name,
        hint="what we had set is taken back; try again when they are done",
    )  # fmt: skip


def disturbances(bench: Bench, file_name: str, filters: list[str]) -> list[str]:
    """What somebody did to a capture while it ran: then its silence proves nothing."""
    states = flow_monitor.status(bench.driver)
    present = {one.name for state in states for one in state.filters}
    found = []
    if not any(state.active for state in states):
        found.append("the monitor was stopped by somebody before the capture was over")
    if any(state.file and state.file_name != file_name for state in states):
        found.append("somebody changed the trace file during the capture")
    if missing := [name for name in filters if name not in present]:
        found.append(f"{len(missing)} of our filters were removed by somebody during the capture")
    return found


def _is_taken(state: MonitorStatus) -> bool:
    return state.active or bool(state.filters)


def _all_ours(states: list[MonitorStatus]) -> bool:
    names = [one.name for state in states for one in state.filters]
    return bool(names) and all(tags.read(name) for name in names)


def _described(states: list[MonitorStatus]) -> str:
    taken = next(state for state in states if _is_taken(state))
    names = ", ".join(one.name for one in taken.filters) or "none"
    what = "runs" if taken.active else "is set up"
    return f"a flow monitor {what} already: filters {names}, file {taken.file or 'none'}"


def _refuse_traceoptions(bench: Bench) -> None:
    """Monitoring and flow traceoptions block each other (documentation)."""
    try:
        running = any(status.trace_on for status in system.flow_status(bench.driver))
        request = Rpc("get-configuration", (), (("database", "committed"),),
                      ("configuration", "security", "flow", "traceoptions"))  # fmt: skip
        configured = bench.driver.rpc(request).root.find(".//traceoptions") is not None
    except CommandError:
        return  # a class that may not look; the device itself refuses in that case
    if running or configured:
        raise RefusedError(
            "flow traceoptions is configured on this device, and the device allows one of the two only",
            device=bench.device.name,
            hint="deactivate 'security flow traceoptions' in the configuration first; this program never will",
        )
