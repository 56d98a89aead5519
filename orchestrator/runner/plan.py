"""The plan: what a run will send, what undoes it, and what it asks of the device. A digest pins it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_monitor, system
from orchestrator.errors import CommandError, InputError, ParseError
from orchestrator.model.device import Device
from orchestrator.model.quantities import human_size, in_words
from orchestrator.playbook.playbook import Playbook
from orchestrator.steps.step import Planned, permissions

PLACEHOLDER = "orc-RUNID-TTL-"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step: its commands, and the most it may cost."""

    number: int
    kind: str
    commands: tuple[Planned, ...]
    load: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A playbook on devices. Run id and times are placeholders, so that the same plan has the same digest."""

    playbook: str
    values: dict[str, str]
    devices: tuple[str, ...]
    steps: tuple[PlannedStep, ...]

    @property
    def permissions(self) -> list[str]:
        """Permissions of the login class that the run and its teardown need."""
        return sorted(permissions(one for step in self.steps for one in step.commands))

    @property
    def digest(self) -> str:
        """Names the plan: same commands in the same order on the same devices, same digest."""
        commands = [[step.kind, one.command, one.undo] for step in self.steps for one in step.commands]
        text = json.dumps([self.playbook, sorted(self.devices), commands, [step.load for step in self.steps]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def refuse_other_than(self, digest: str) -> None:
        """Let only the plan that somebody looked at be run.

        Raises:
            InputError: this is another one.
        """
        if self.digest != digest:
            raise InputError(
                f"this is not the plan {digest}: with this playbook, these variables and devices it is {self.digest}",
                hint="look at it with: orchestrator plan ..., and give its digest",
            )


def make_plan(playbook: Playbook, devices: Sequence[Device], kinds: Mapping[str, Any]) -> Plan:
    """Work out what a run would do; nothing is sent."""
    steps = tuple(
        PlannedStep(
            number=number,
            kind=step.kind,
            commands=tuple(kinds[step.kind].plan(step.args, lambda label: f"{PLACEHOLDER}{label}")),
            load=_load(step.args),
        )
        for number, step in enumerate(playbook.steps, 1)
    )
    return Plan(playbook=playbook.name, values=playbook.values, devices=tuple(one.name for one in devices), steps=steps)


def _load(args: Any) -> str:
    """The most a step may take: time, and space on the device."""
    words = []
    if (span := getattr(args, "for_", None)) is not None:
        words.append(f"at most {in_words(span)}")
    if (file := getattr(args, "file", None)) is not None and hasattr(file, "files"):
        words.append(f"at most {human_size(file.size * file.files)} in {file.files} files on the device")
    return ", ".join(words)


def look_at(driver: Driver, plan: Plan) -> list[str]:
    """What a device says to a plan, by reads only: who we are there, what is missing, who else debugs."""
    lines = [f"{one.host_name}: {one.model}, {one.release}" for one in system.information(driver)]
    authorization = system.authorization(driver)
    if authorization is None:
        lines.append("the device does not show our permissions")
    else:
        lacking = [one for one in plan.permissions if not authorization.may(one)]
        lines.append(
            f"user {authorization.user}, class {authorization.login_class}: "
            + (f"LACKS {', '.join(lacking)}; the run will be refused" if lacking else "has every permission needed")
        )
    try:
        for state in flow_monitor.status(driver):
            names = ", ".join(one.name for one in state.filters) or "none"
            what = "ACTIVE" if state.active else "inactive"
            lines.append(f"{state.node} monitor {what}, filters {names}, file {state.file or 'none'}".strip())
    except (CommandError, ParseError) as error:
        lines.append(f"the monitor's state cannot be read: {error.message}")
    return lines
