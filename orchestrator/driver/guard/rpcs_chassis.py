"""RPCs of alarms, errors and the forwarding plane: what may leave, and with which arguments."""

from __future__ import annotations

from orchestrator.driver.guard.rule import RpcRule

RPCS: dict[str, RpcRule] = {}
