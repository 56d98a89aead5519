"""What is wrong with an ALG's session; one rule a file, in the order in which a person would ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.analysis.alg import (
    active,
    alg_errors,
    control_watch,
    counts,
    data_flow,
    logging_levels,
    nat_inverse,
    refused_data,
    roles,
    sums,
)
from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.alg import AlgHealth
from orchestrator.model.verdict import Finding

RULES: tuple[Callable[[AlgCase], Iterator[Finding]], ...] = (
    active.look,
    data_flow.look,
    control_watch.look,
    refused_data.look,
    nat_inverse.look,
    roles.look,
    counts.look,
    alg_errors.look,
    sums.look,
    logging_levels.look,
)


def examine(case: AlgCase) -> AlgHealth:
    """Put every rule to the case."""
    return AlgHealth(
        activity=active.activity(case),
        roles=tuple(each for one in case.meant for each in roles.roles(one)),
        findings=tuple(finding for look in RULES for finding in look(case)),
        not_checked=tuple(_not_checked(case)),
    )


def _not_checked(case: AlgCase) -> Iterator[str]:
    on_srx = case.status is not None and case.conversations is None
    if on_srx:
        yield "control and data flows: this platform shows them as flow sessions (show sessions)"
    elif case.conversations is None:
        yield "control and data flows: the conversations were not read"
    if not on_srx:
        yield from alg_errors.not_checked(case)
    yield from logging_levels.not_checked(case)
    if case.logs is None:
        yield "data that no rule matched: the card's log was not read"


__all__ = ["AlgCase", "examine"]
