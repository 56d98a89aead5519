"""Reading parts of the committed configuration; a refusal is an expected outcome, and silence is looked at twice."""

from __future__ import annotations

from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.operations import system
from orchestrator.errors import CommandError
from orchestrator.parsers.xml_input import Element

_COMMITTED = (("database", "committed"), ("inherit", "inherit"))
# Whoever holds one of these sees the statements (CLI reference: required privilege level; User Access guide).
_SEES = ("security", "security-control", "view-configuration")


def request(*path: str) -> Rpc:
    """The request of one part, what comes from groups included."""
    return Rpc("get-configuration", (), _COMMITTED, ("configuration", *path))


def read(driver: Driver, part: Rpc) -> Element | None:
    """One part as the device gives it, ``None`` when it is refused."""
    try:
        return driver.rpc(part).root
    except CommandError:
        return None


def sees(driver: Driver) -> bool:
    """Whether our login class would see such statements, so that their absence means something."""
    who = system.authorization(driver)
    return who is not None and any(who.may(permission) for permission in _SEES)
