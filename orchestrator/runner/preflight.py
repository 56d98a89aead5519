"""Before anything is changed: who the device is, who we are on it, and what the last commit was."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import chassis, system
from orchestrator.errors import CommandError, ParseError, RefusedError
from orchestrator.steps.step import Facts


def preflight(driver: Driver, permissions: Iterable[str]) -> Facts:
    """Read the facts of a run.

    Raises:
        RefusedError: our login class lacks a permission the run or its teardown needs.
    """
    nodes = system.information(driver)
    facts = Facts(
        host_name=nodes[0].host_name,
        model=nodes[0].model,
        release=nodes[0].release,
        authorization=system.authorization(driver),
        commit=system.commit_mark(driver),
        nodes=_nodes(driver),
    )
    if facts.authorization is not None:
        lacking = sorted({one for one in permissions if not facts.authorization.may(one)})
        if lacking:
            raise RefusedError(
                f"the login class {facts.authorization.login_class} of user {facts.authorization.user} "
                f"lacks the permission {', '.join(lacking)}",
                device=driver.device.name,
                hint="the run, or undoing it, needs that; use another user or extend the class",
            )
    return facts


def _nodes(driver: Driver) -> tuple[str, ...]:
    try:
        status = chassis.cluster_status(driver)
    except (CommandError, ParseError):
        return ()
    return tuple(dict.fromkeys(node.name for node in status.nodes))
