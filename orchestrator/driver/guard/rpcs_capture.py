"""RPCs of on-box packet capture: what may leave, and with which arguments."""

from __future__ import annotations

from orchestrator.driver.guard.rule import RpcRule

RPCS: dict[str, RpcRule] = {}
