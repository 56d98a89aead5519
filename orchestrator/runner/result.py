"""What a run came to: per device and in all, and the exit code that says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from orchestrator.analysis.asked import Asked
from orchestrator.analysis.document import judged
from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.expectations import Check
from orchestrator.analysis.judge import Judgement
from orchestrator.errors import OrchestratorError
from orchestrator.model.files import Artifact
from orchestrator.model.system import CommitMark
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.parsers.as_json import as_json

RESULT_FORMAT = 1


class Status(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    OWED = "owed"


# What the whole run says when its devices differ: the first of these that any device says.
_GRAVEST_STATUS = (Status.OWED, Status.FAILED, Status.INTERRUPTED, Status.REFUSED, Status.COMPLETED)
_GRAVEST_VERDICT = (Verdict.DROPPED, Verdict.DENIED, Verdict.INCONCLUSIVE, Verdict.NOT_SEEN, Verdict.PERMITTED)


@dataclass(slots=True, kw_only=True)
class StepResult:
    """How one step ended: done, not-done, reconciled, undone or owed."""

    number: int
    kind: str
    status: str
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class DeviceResult:
    """What happened on one device."""

    device: str
    status: Status = Status.COMPLETED
    error: OrchestratorError | None = None
    asked: Asked | None = None
    evidence: Evidence | None = None
    judgement: Judgement | None = None
    findings: list[Finding] = field(default_factory=list)  # of facilities that have no conversation to judge
    checks: list[Check] = field(default_factory=list)
    commands: list[dict[str, str]] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    steps: list[StepResult] = field(default_factory=list)
    commit_before: CommitMark | None = None
    commit_after: CommitMark | None = None
    residue: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    obligations_open: int = 0
    stopped_by: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, ``None`` when the playbook asks for none."""
        return self.judgement.answer.verdict if self.judgement else None

    def concluded(self) -> dict[str, Any]:
        """What was judged: the part of the result file that a later program can make anew from the files."""
        told = judged(self.judgement, self.evidence, self.checks)
        told["findings"] += as_json(self.findings)
        return told

    def as_dict(self, root: str) -> dict[str, Any]:
        """The device's object in the result file; paths are relative to the run directory."""
        return {
            "device": self.device,
            "status": self.status.value,
            "asked": self.asked.as_dict() if self.asked else None,
            **self.concluded(),
            "artifacts": [_artifact(one, root) for one in self.artifacts],
            "commit_id_before": self.commit_before.value if self.commit_before else None,
            "commit_id_after": self.commit_after.value if self.commit_after else None,
            "commit_source": self.commit_before.source if self.commit_before else None,
            "obligations_open": self.obligations_open,
            "stopped_by": self.stopped_by,
            "residue": self.residue,
            "notes": self.notes,
            "steps": as_json(self.steps),
            "commands": self.commands,
            "facts": self.facts,
            "error": _error(self.error),
        }


def _artifact(one: Artifact, root: str) -> dict[str, Any]:
    return {
        "path": str(one.path),
        "name": str(one.path).removeprefix(root).lstrip("/"),
        "origin": one.origin,
        "kind": one.kind,
        "phase": one.phase,
        "method": one.method,
        "size": one.size_bytes,
        "sha256": one.sha256,
        "device_checksum": one.device_checksum,
    }


def _error(error: OrchestratorError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"kind": type(error).__name__, "message": str(error), "hint": error.hint}


def gravest_status(results: Iterable[DeviceResult]) -> Status:
    """The status of the run."""
    said = {one.status for one in results}
    return next((one for one in _GRAVEST_STATUS if one in said), Status.COMPLETED)


def gravest_verdict(results: Iterable[DeviceResult]) -> Verdict | None:
    """The verdict of the run, ``None`` when no device has one."""
    said = {one.verdict for one in results}
    return next((one for one in _GRAVEST_VERDICT if one in said), None)


def exit_code(results: Sequence[DeviceResult]) -> int:
    """0 pass, 1 fail or inconclusive, 2 could not do the job, 3 a device is still owed a teardown.

    Every device must pass: one that does not show what is expected fails the run.
    """
    status = gravest_status(results)
    if status is Status.OWED:
        return 3
    if status is not Status.COMPLETED:
        return 2
    return 0 if all(_passes(result) for result in results) else 1


def _passes(result: DeviceResult) -> bool:
    if result.checks:
        return all(check.passed for check in result.checks)
    return result.verdict in {None, Verdict.PERMITTED}
