"""Flow options, read from the committed configuration."""

from __future__ import annotations

from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.operations import system
from orchestrator.errors import CommandError
from orchestrator.model.flow_configuration import ApplicationTimeout, FlowConfiguration
from orchestrator.parsers import flow_configuration as parser
from orchestrator.parsers.xml_input import Element

_COMMITTED = (("database", "committed"), ("inherit", "inherit"))
FLOW = Rpc("get-configuration", (), _COMMITTED, ("configuration", "security", "flow"))
APPLICATIONS = Rpc("get-configuration", (), _COMMITTED, ("configuration", "applications"))
# Whoever holds one of these sees the statements (CLI reference: required privilege level; User Access guide).
_SEES = ("security", "security-control", "view-configuration")


def flow_configuration(driver: Driver) -> FlowConfiguration | None:
    """The statements of ``security flow`` and the times of applications, those that come from groups among them.

    ``None`` for a login class that may not read them. A device leaves out what a class may not see, so that a reply
    without ``flow`` is silence only for a class that would see it.
    """
    reply = _reply(driver, FLOW)
    if reply is None or not (parser.holds_flow(reply) or _sees(driver)):
        return None
    return parser.parse(reply, _application_timeouts(driver))


def _application_timeouts(driver: Driver) -> tuple[ApplicationTimeout, ...] | None:
    reply = _reply(driver, APPLICATIONS)
    if reply is None or not (parser.holds_applications(reply) or _sees(driver)):
        return None
    return parser.application_timeouts(reply)


def _reply(driver: Driver, request: Rpc) -> Element | None:
    try:
        return driver.rpc(request).root
    except CommandError:
        return None


def _sees(driver: Driver) -> bool:
    who = system.authorization(driver)
    return who is not None and any(who.may(permission) for permission in _SEES)
