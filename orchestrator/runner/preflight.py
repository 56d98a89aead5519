"""Before anything is changed: who the device is, who we are on it, and what the last commit was."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import chassis, system
from orchestrator.errors import CommandError, ParseError, RefusedError
from orchestrator.steps.step import Facts

PRIMARY = "primary"


def preflight(driver: Driver, permissions: Iterable[str]) -> Facts:
    """Read the facts of a run.

    Raises:
        RefusedError: our login class lacks a permission the run or its teardown needs, or a cluster has no primary.
    """
    nodes = system.information(driver)
    facts = Facts(
        host_name=nodes[0].host_name,
        model=nodes[0].model,
        release=nodes[0].release,
        authorization=system.authorization(driver),
        commit=system.commit_mark(driver),
        roles=cluster_roles(driver),
    )
    if facts.roles and PRIMARY not in facts.roles.values():
        said = ", ".join(f"{node} {status}" for node, status in facts.roles.items())
        raise RefusedError(
            f"no node of the cluster is primary for redundancy group 0: {said}", device=driver.device.name,
            hint="a failover is under way or a node is held; run again when show chassis cluster status is settled",
        )  # fmt: skip
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


def cluster_roles(driver: Driver) -> dict[str, str]:
    """Status of each node of a cluster in redundancy group 0, the routing engine's; empty on a standalone device."""
    try:
        status = chassis.cluster_status(driver)
    except (CommandError, ParseError):
        return {}
    return {node.name: node.status for node in status.nodes if node.group == 0}
