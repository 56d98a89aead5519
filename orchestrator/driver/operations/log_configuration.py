"""Where the logs of a device go, read from the committed configuration."""

from __future__ import annotations

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import committed
from orchestrator.model.log_configuration import LogConfiguration
from orchestrator.parsers import log_configuration as parser

SYSLOG = committed.request("system", "syslog")
SECURITY_LOG = committed.request("security", "log")
REQUESTS = (SYSLOG, SECURITY_LOG)


def log_configuration(driver: Driver) -> LogConfiguration | None:
    """The syslog targets and the session log's mode and streams; ``None`` for a class that may not read them.

    A device leaves out what a class may not see, so that an empty reply is silence only for a class that would see it.
    """
    replies = [reply for request in REQUESTS if (reply := committed.read(driver, request)) is not None]
    if len(replies) < len(REQUESTS) or not (parser.holds_logs(*replies) or committed.sees(driver)):
        return None
    return parser.parse(*replies)
