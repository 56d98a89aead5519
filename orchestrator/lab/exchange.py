"""One request: written down, struck by whatever fault awaits it, carried out, and answered or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.lab.box import Box, Caller
from orchestrator.lab.faults import STATE_KINDS, Fault
from orchestrator.lab.operations.answer import Answer, Refusal, daemon_failure

ACTS_FIRST = frozenset({"drop-after", "lost-reply", "half-reply"})


class GoneError(Exception):
    """The connection is lost: nothing more can be written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the channel shall send: an answer or a refusal, whole or by ``half``."""

    answer: Answer
    refusal: Refusal | None = None
    half: bool = False


async def carry_out(caller: Caller, request: str, act: Callable[[], Answer]) -> Outcome | None:
    """Carry out one request; ``None`` when the device never answers it.

    Raises:
        GoneError: the connection was lost on the way.
    """
    caller.box.heard(caller, request)
    with caller.box.at_work():
        return await _carried_out(caller, request, act)


async def _carried_out(caller: Caller, request: str, act: Callable[[], Answer]) -> Outcome | None:
    box = caller.box
    await box.thawed.wait()
    fault = box.faults.strike(request)
    outcome: Outcome | None = None
    if fault is not None:
        if fault.when == "after" or fault.kind in ACTS_FIRST:
            outcome = _attempted(act)
        if await _suffer(fault, caller):
            return None
        if fault.kind == "error":
            return Outcome(Answer(), daemon_failure(fault.text))
    outcome = outcome or _attempted(act)
    if outcome.answer.ends_session:
        caller.connection.drop()
        raise GoneError
    return Outcome(outcome.answer, outcome.refusal, half=fault is not None and fault.kind == "half-reply")


def _attempted(act: Callable[[], Answer]) -> Outcome:
    try:
        return Outcome(act())
    except Refusal as refusal:
        return Outcome(Answer(), refusal)


async def _suffer(fault: Fault, caller: Caller) -> bool:
    """Let the fault do its work; ``True`` when there will be no answer."""
    box = caller.box
    match fault.kind:
        case "delay":
            await box.clock.sleep(fault.seconds or 1.0)
        case "drop-before" | "drop-after" | "reset":
            caller.connection.drop(reset=fault.kind == "reset")
            raise GoneError
        case "reboot":
            box.reboot()
            raise GoneError
        case "failover":
            box.failover()
            raise GoneError
        case "freeze":
            box.freeze(fault.seconds)
            await box.thawed.wait()
        case "lost" | "lost-reply":
            return True
        case _:
            change_state(box, fault)
    return False


def change_state(box: Box, fault: Fault) -> None:
    """The faults that are a state of the device and no accident of one request."""
    assert fault.kind in STATE_KINDS or fault.kind in {"error", "half-reply"}
    match fault.kind:
        case "disk-full" | "disk-writable":
            box.filesystem.full = fault.kind == "disk-full"
        case "cpu-high":
            box.cpu_percent = fault.percent
        case "login-class":
            box.users[fault.user or box.persona.accounts[0].name] = fault.text
        case _:
            pass
