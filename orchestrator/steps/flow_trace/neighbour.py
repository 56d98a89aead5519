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

LOG_FOLDER = "/var/log/"
LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the device leaves us: the file set before, and whether the running monitor is somebody's (``borrowed``)."""

    prior_file: str = ""
    borrowed: bool = False
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
    prior = next((state.file.removeprefix(LOG_FOLDER) for state in states if state.file), "")
    if not any(_is_taken(state) for state in states):
        return Room(prior_file=prior)
    if policy == "coexist" and not _all_ours(states):
        active = any(state.active for state in states)
        return Room(prior_file=prior, borrowed=active, notes=(f"beside somebody's debug: {_described(states)}",))
    raise RefusedError(
        _described(states), device=bench.device.name,
        hint=f"orchestrator recover {bench.device.name} removes what a dead run of ours left, sweep what a lost one did"
        if _all_ours(states)
        else "it is somebody else's: ask them, wait for it (if_taken: wait), or trace beside it (if_taken: coexist)",
    )  # fmt: skip


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
