"""Security policies, read from the committed configuration."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from orchestrator.driver.base import Driver, Rpc
from orchestrator.errors import CommandError
from orchestrator.model.policy import Policies
from orchestrator.parsers import policy_configuration

REQUEST = Rpc(
    "get-configuration",
    (),
    (("database", "committed"), ("inherit", "inherit")),
    ("configuration", "security", "policies"),
)


def policies(driver: Driver, *, keep: Path | None = None) -> Policies | None:
    """The policies of ``security policies``, those that come from groups among them.

    ``keep`` leaves the reply at that path.
    ``None`` for a login class that may not read the configuration: nothing is known then of what is logged.
    """
    try:
        reply = driver.rpc(REQUEST)
    except CommandError:
        return None
    if keep is not None:
        keep.write_bytes(etree.tostring(reply.root))
    return policy_configuration.parse(reply.root)
