"""What a step kind is: a module with ``Args`` and ``run``, and ``undo`` when it leaves something behind.

A step that changes the device first calls ``bench.owe``, which returns only when the intent is durable. ``undo`` must
finish the job from what was owed alone, in any process, however far the step came: it looks at the device, removes
only what carries the run's tag, restores what was there, reads back, and is harmless when repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from orchestrator.driver.base import Driver
from orchestrator.model.device import Device
from orchestrator.model.files import Artifact
from orchestrator.model.system import Authorization, CommitMark
from orchestrator.model.tags import Tag


class Interrupted(Exception):  # noqa: N818 - not an error: somebody asked the run to stop
    """The run was asked to stop; teardown follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the preflight read of the device."""

    host_name: str
    model: str
    release: str
    authorization: Authorization | None
    commit: CommitMark | None
    roles: dict[str, str] = field(default_factory=dict)  # of a cluster: node to its status in redundancy group 0

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of a cluster's nodes; none on a standalone device."""
        return tuple(self.roles)


@dataclass(slots=True, kw_only=True)
class Bench:
    """What a step works with.

    ``begun`` is when the run began on this device (``time.monotonic``). ``saved`` holds what earlier steps kept by
    name. ``say`` tells the watcher, ``pause`` waits and raises ``Interrupted`` when the run should end, ``owe`` makes
    the intent durable before a change, ``connect`` reaches the other nodes of a cluster.
    """

    driver: Driver
    device: Device
    facts: Facts
    run_id: str
    ttl: timedelta
    begun: float
    folder: Path
    say: Callable[[str], None]
    pause: Callable[[float], None]
    owe: Callable[[dict[str, Any], dict[str, Any]], None]
    connect: Callable[[Device], Driver]
    saved: dict[str, Any] = field(default_factory=dict)

    def tag(self, label: str) -> str:
        """A name of this run's own."""
        return str(Tag(self.run_id, self.ttl, label))


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a step did: ``notes`` for the reader, ``data`` for the result file, ``records`` for the analysis."""

    artifacts: list[Artifact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    records: list[Any] = field(default_factory=list)
    reconciled: bool = False
    stopped_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """One undo that is due: what was done, what was there before, where unfetched files may still go.

    ``keep_unfetched`` leaves a file on the device rather than lose it: so during the run. A later recovery tries to
    bring it home and then cleans up.
    """

    run_id: str
    args: dict[str, Any]
    prior: dict[str, Any]
    connect: Callable[[Device], Driver]
    folder: Path | None = None
    keep_unfetched: bool = True


@dataclass(slots=True, kw_only=True)
class Undone:
    """What an undo could not restore (``residue``, for the reader), and the files it still brought home."""

    residue: list[str] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planned:
    """One command a step will send, and the command that undoes it; empty where there is nothing to undo."""

    command: str
    undo: str = ""
    permission: str = "view"
    undo_permission: str = "clear"  # asked for only where there is an undo


def permissions(planned: Iterable[Planned]) -> set[str]:
    """What the login class must have for commands and for undoing them."""
    commands = list(planned)
    return {one.permission for one in commands} | {one.undo_permission for one in commands if one.undo}


@runtime_checkable
class StepKind(Protocol):
    """The shape of a module in this room, and of a plugin's."""

    Args: type[BaseModel]

    def run(self, args: Any, bench: Bench) -> Outcome:
        """Do it."""
        ...

    def plan(self, args: Any, tag: Callable[[str], str]) -> list[Planned]:
        """Say what it will send, without asking the device."""
        ...
