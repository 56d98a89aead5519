"""Security policies, read from the committed configuration."""

from __future__ import annotations

from pathlib import Path

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import committed
from orchestrator.errors import CommandError
from orchestrator.model.policy import Policies
from orchestrator.parsers import policy_configuration

REQUEST = committed.request("security", "policies")


def policies(driver: Driver, *, keep: Path | None = None) -> Policies | None:
    """The policies of ``security policies``, those that come from groups among them.

    ``keep`` leaves the reply at that path.
    ``None`` for a login class that may not read the configuration: nothing is known then of what is logged.
    """
    try:
        reply = driver.rpc(REQUEST).kept(keep)
    except CommandError:
        return None
    return policy_configuration.parse(reply.root)
