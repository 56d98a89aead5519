"""NAT rules, read from the committed configuration."""

from __future__ import annotations

from orchestrator.driver.base import Driver, Rpc
from orchestrator.errors import CommandError
from orchestrator.model.nat import NatRules
from orchestrator.parsers import nat_configuration


def rules(driver: Driver) -> NatRules:
    """The rules of ``security nat``; none for a login class that may not read the configuration."""
    request = Rpc("get-configuration", (), (("database", "committed"),), ("configuration", "security", "nat"))
    try:
        return nat_configuration.parse(driver.rpc(request).root)
    except CommandError:
        return NatRules()
