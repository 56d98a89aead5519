"""Flow options, read from the committed configuration."""

from __future__ import annotations

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import committed
from orchestrator.model.flow_configuration import ApplicationTimeout, FlowConfiguration
from orchestrator.parsers import flow_configuration as parser

FLOW = committed.request("security", "flow")
APPLICATIONS = committed.request("applications")


def flow_configuration(driver: Driver) -> FlowConfiguration | None:
    """The statements of ``security flow`` and the times of applications, those that come from groups among them.

    ``None`` for a login class that may not read them. A device leaves out what a class may not see, so that a reply
    without ``flow`` is silence only for a class that would see it.
    """
    reply = committed.read(driver, FLOW)
    if reply is None or not (parser.holds_flow(reply) or committed.sees(driver)):
        return None
    return parser.parse(reply, _application_timeouts(driver))


def _application_timeouts(driver: Driver) -> tuple[ApplicationTimeout, ...] | None:
    reply = committed.read(driver, APPLICATIONS)
    if reply is None or not (parser.holds_applications(reply) or committed.sees(driver)):
        return None
    return parser.application_timeouts(reply)
