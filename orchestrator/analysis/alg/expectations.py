"""What a playbook expects of an ALG, held against what was found."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator

from orchestrator.analysis.expectations import Check
from orchestrator.model.alg import Activity, AlgHealth
from orchestrator.playbook.playbook import COUNT, Expectation

_ENOUGH = {
    "active": {Activity.ACTIVE, Activity.TRANSFERRING},
    "transferring": {Activity.TRANSFERRING},
}
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "": operator.eq, "=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def checks(expected: Iterable[Expectation], health: AlgHealth | None) -> Iterator[Check]:
    """Each thing expected of the ALG; nothing was found when no step looked at it."""
    for one in expected:
        if one.alg is not None:
            yield _activity(one.alg, health)
        if one.alg_findings is not None:
            yield _findings(one.alg_findings, health)


def _activity(wanted: str, health: AlgHealth | None) -> Check:
    name = f"alg is {wanted}"
    if health is None or health.activity is None:
        return Check(name, passed=False, message="no conversation list was read")
    said = ", ".join(f"{alg} {state}" for alg, state in health.activity.items()) or "no conversation"
    states = list(health.activity.values())
    return Check(name, bool(states) and all(one in _ENOUGH[wanted] for one in states), f"found {said}")


def _findings(wanted: str, health: AlgHealth | None) -> Check:
    name = f"alg findings {wanted}" if wanted[:1] in "<>=" else f"alg findings is {wanted}"
    if health is None:
        return Check(name, passed=False, message="no step looked at an ALG")
    written = COUNT.fullmatch(wanted)
    assert written is not None
    symptoms = "; ".join(one.symptom for one in health.findings)
    count = len(health.findings)
    return Check(
        name,
        _COMPARE[written["how"]](count, int(written["number"])),
        f"{count} found{': ' if symptoms else ''}{symptoms}",
    )
