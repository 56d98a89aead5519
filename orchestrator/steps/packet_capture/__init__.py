"""``packet_capture``: packets to a pcap file of the device, brought home and checked.

In the ``background`` it runs beside the steps that follow and ends with the run: so packets and flow trace are of the
same moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import packet_capture
from orchestrator.errors import GuardError, RefusedError, RetrievalError, UnsupportedError
from orchestrator.model import tags
from orchestrator.model.packet_capture import CaptureRequest, CaptureStatus
from orchestrator.model.quantities import human_size, in_words
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience
from orchestrator.steps.governor import Governor, under_device
from orchestrator.steps.packet_capture.args import Args
from orchestrator.steps.packet_capture.arm import KIND, arm, disarm, is_ours, runs, settled_files, undo_all
from orchestrator.steps.step import Bench, Interrupted, Outcome, Planned, Undo, Undone

__all__ = ["Args", "plan", "run", "undo"]

POLL_SECONDS = 0.5
WAIT_SECONDS = 2.0
OVERHEAD = 128  # bytes the file may hold of a packet besides the packet
UNSUPPORTED = "this release has no on-box packet capture (published for 24.4R1)"


def run(args: Args, bench: Bench) -> Outcome:
    """Start, let packets pass, stop, bring the file home. It is deleted on the device at teardown."""
    try:
        _find_room(args, bench)
    except UnsupportedError as error:
        if args.optional:
            return Outcome(notes=[UNSUPPORTED])
        raise RefusedError(
            UNSUPPORTED, device=bench.device.name, hint="say optional: true to go on without it"
        ) from error
    # The count bounds what is written whatever the device does when a file is full.
    governor = Governor(under_device(args.limits, bench.device), bench.driver, args.count * (args.snap + OVERHEAD))
    admitted = governor.admit()
    request = args.request(bench.tag("pcap"))
    outcome = Outcome(
        data={"file": request.name, "count": request.count, "snap": request.snap},
        notes=[f"not guarded, the device does not show it: {what}" for what in admitted.unguarded],
    )
    if bench.facts.nodes:
        outcome.notes.append("on a cluster packets are captured on the primary node only")
    bench.owe({"file": request.name}, {})
    _refuse_if_taken(bench, packet_capture.status(bench.driver))
    try:
        outcome.reconciled = arm(bench.driver, request)
    except UnsupportedError as error:
        if not args.optional:
            raise
        outcome.notes.append(error.message)
        return outcome
    if args.background:
        bench.say(f"capturing in the background: at most {request.count} packets, {request.name}")
        return outcome
    bench.say(f"capturing: {request.name}, {in_words(args.for_)} or {request.count} packets at most")
    try:
        _wait(args, bench, request, governor, outcome)
    except Interrupted:
        outcome.stopped_by = "user"
        raise
    finally:
        outcome.reconciled |= disarm(bench.driver, request.name)
    _fetch(args, bench, request, outcome)
    return outcome


def _find_room(args: Args, bench: Bench) -> None:
    """Let nobody's capture be touched: the device captures once at a time (documentation).

    Raises:
        RefusedError: somebody captures and the policy is to refuse, or to wait and the time is up.
        UnsupportedError: the device has no such facility.
    """
    deadline = time.monotonic() + args.wait_for.total_seconds()
    states = packet_capture.status(bench.driver)
    while args.if_taken == "wait" and any(one.is_running for one in states) and time.monotonic() < deadline:
        bench.say(f"waiting: {_described(states)}")
        bench.pause(WAIT_SECONDS)
        states = packet_capture.status(bench.driver)
    _refuse_if_taken(bench, states)


def _refuse_if_taken(bench: Bench, states: list[CaptureStatus]) -> None:
    running = [one for one in states if one.is_running]
    if not running:
        return
    ours = all(tags.read(one.file_name) for one in running)
    raise RefusedError(
        _described(states), device=bench.device.name,
        hint=f"orchestrator recover {bench.device.name} ends what a dead run of ours left, sweep what a lost one did"
        if ours
        else "it is somebody else's, and the device captures once at a time: ask them, or wait (if_taken: wait)",
    )  # fmt: skip


def _described(states: list[CaptureStatus]) -> str:
    file = next((one.file for one in states if one.is_running), "")
    return f"a packet capture runs already: file {file or 'not shown'}"


def _wait(args: Args, bench: Bench, request: CaptureRequest, governor: Governor, outcome: Outcome) -> None:
    """Wait until the time is up, the device has its packets, or it suffers."""
    deadline = time.monotonic() + args.for_.total_seconds()
    every = governor.limits.every.total_seconds()
    next_look = time.monotonic() + every
    while (left := deadline - time.monotonic()) > 0:
        bench.pause(min(left, POLL_SECONDS))
        if time.monotonic() >= next_look:
            next_look += every
            if over := governor.look().over:
                outcome.stopped_by = "guard"
                outcome.notes.append(f"stopped early to protect the device: {'; '.join(over)}")
                bench.say(outcome.notes[-1])
                return
        states = packet_capture.status(bench.driver)
        if runs(states, request.name) or not any(one.file for one in states):
            continue
        if is_ours(states, request.name):
            outcome.notes.append(f"the device ended the capture: {request.count} packets, or its size, are reached")
        else:
            outcome.notes.append("the packet capture was taken over by somebody before it was over")
        bench.say("the capture has ended")
        return
    if governor.disk_is_full():
        outcome.notes.append("/var of the device is full: packets of the capture were lost")
    bench.say(f"stopping: {in_words(timedelta(seconds=args.for_.total_seconds()))} are up")


def _fetch(args: Args, bench: Bench, request: CaptureRequest, outcome: Outcome) -> None:
    patience = Patience(settle=args.settle.total_seconds())
    try:
        outcome.artifacts = [
            retrieval.bring(bench.driver, file.path, bench.folder, kind=KIND)
            for file in settled_files(bench.driver, request.name, patience)
        ]
    except (UnsupportedError, GuardError) as error:
        raise RetrievalError(error.message, device=bench.device.name, path=request.name, hint=error.hint) from error
    count, total = len(outcome.artifacts), sum(artifact.size_bytes for artifact in outcome.artifacts)
    bench.say(f"brought home {count} capture file{'s' * (count != 1)}, {human_size(total)}")
    if not outcome.artifacts:
        outcome.notes.append("the device wrote no capture file: no packet matched")


def undo(driver: Driver, due: Undo) -> Undone:
    """Return the device to what it was."""
    return undo_all(driver, due)


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The start and what ends it. The permission is in no source: the device says when it lacks."""
    request = args.request(tag("pcap"))
    return [
        Planned(
            packet_capture.start_line(request),
            f"{packet_capture.STOP_LINE}, then file delete {request.name} (once it is home)",
        )
    ]
