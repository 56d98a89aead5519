"""RPCs of services cards, ALGs and address translation: what may leave, and with which arguments."""

from __future__ import annotations

from orchestrator.driver.guard.rule import RpcRule

RPCS: dict[str, RpcRule] = {}
