"""What a run's ``alg`` steps come to: findings, what was not checked, and the playbook's expectations of the ALG."""

from __future__ import annotations

from orchestrator.analysis import expectations
from orchestrator.analysis.alg import examine
from orchestrator.analysis.alg.expectations import checks
from orchestrator.analysis.alg.gather import KINDS, LOGS, gather
from orchestrator.errors import ParseError
from orchestrator.model.alg import AlgHealth
from orchestrator.playbook.playbook import Playbook
from orchestrator.runner.evidence_files import to_read
from orchestrator.runner.result import DeviceResult

STEP = "alg"


def conclude(result: DeviceResult, playbook: Playbook) -> None:
    """Add findings, notes and checks to the result of a device whose run came to its end."""
    health = None
    if any(told.kind == STEP for told in result.steps):
        try:
            health = _examined(result)
        except ParseError as error:
            result.notes.append(f"what came home could not be read: {error}")
            result.checks += expectations.unmet(playbook.expect, "what came home could not be read")
            return
        result.findings += health.findings
        result.notes += [f"{name} ALG: {state}" for name, state in (health.activity or {}).items()]
        result.notes += [f"not checked: {text}" for text in health.not_checked]
    result.checks += checks(playbook.expect, health)


def _examined(result: DeviceResult) -> AlgHealth:
    wanted = {told.data.get("alg", "") for told in result.steps if told.kind == STEP}
    files = [one for one in to_read(result.artifacts) if one.kind in (*KINDS, *LOGS)]
    return examine(gather(files, wanted.pop() if len(wanted) == 1 else ""))
