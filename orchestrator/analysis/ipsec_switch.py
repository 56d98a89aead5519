"""Switches between encryption PICs or peers, held against what a playbook expects of them.

A switch is a proof in itself: also where a playbook expects nothing, it must have been a clean one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.analysis.expectations import Check
from orchestrator.model.ipsec_redundancy import DUE, PairKind
from orchestrator.playbook.playbook import Expectation

STEP = "ipsec_switch"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run left the device: how many obligations are still owed."""

    owed: int = 0


def checks(expected: Iterable[Expectation], switches: Sequence[Mapping[str, Any]], ending: Ending) -> list[Check]:
    """One check a key and switch; ``switches`` are the data of the steps that switched."""
    wanted: dict[str, Any] = {}
    for one in expected:
        wanted |= {key: value for key in _CHECKS if (value := getattr(one, key)) is not None}
    if not switches:
        return [
            Check(_named(key, value), passed=False, message="nothing was switched") for key, value in wanted.items()
        ]
    return [
        _CHECKS[key](value, one, ending)
        for one in switches
        for key, value in (_due(one) | wanted).items()
    ]  # fmt: skip


def _due(one: Mapping[str, Any]) -> dict[str, Any]:
    """What every switch must show, said or not."""
    due: dict[str, Any] = {"switched": True, "security_associations": str(DUE[PairKind(one["switch"])])}
    return due | ({"switched_back": True} if one["restore"] else {})


def _switched(wanted: bool, one: Mapping[str, Any], _ending: Ending) -> Check:  # noqa: FBT001 - the value of a key
    said = "; ".join(one["faults"]) or f"{one['active']} is active"
    moved = f"counter {one['counter_before']} -> {one['counter_after']}"
    return Check(_named("switched", wanted), (not one["faults"]) is wanted, f"{one['name']}: {said}, {moved}")


def _associations(wanted: str, one: Mapping[str, Any], _ending: Ending) -> Check:
    passed = one["associations"] == wanted
    return Check(_named("security_associations", wanted), passed, f"{one['name']}: found {one['associations']}")


def _switched_back(wanted: bool, one: Mapping[str, Any], ending: Ending) -> Check:  # noqa: FBT001 - as above
    back = bool(one["restore"]) and not ending.owed
    if not one["restore"]:
        said = "the step was not asked to: restore: true"
    else:
        said = "still owed" if ending.owed else "read back after the switch back"
    return Check(_named("switched_back", wanted), back is wanted, f"{one['name']}: {said}")


def _named(key: str, wanted: Any) -> str:
    return f"{key.replace('_', ' ')} is {wanted}"


_CHECKS: dict[str, Callable[[Any, Mapping[str, Any], Ending], Check]] = {
    "switched": _switched,
    "security_associations": _associations,
    "switched_back": _switched_back,
}
