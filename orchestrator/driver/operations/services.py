"""Which services a device has configured, by the names of their sections only."""

from __future__ import annotations

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import committed
from orchestrator.parsers.xml_input import attribute, descendants, local_name

SYSTEM_SERVICES = committed.request("system", "services")
SERVICES = committed.request("services")


def services(driver: Driver) -> tuple[str, ...] | None:
    """Sections below ``system services`` and ``services``; ``None`` for a class that may not read them.

    Only the names are kept: what stands inside may hold secrets.
    """
    found: list[str] = []
    silent = False
    for request, above in ((SYSTEM_SERVICES, "system services"), (SERVICES, "services")):
        reply = committed.read(driver, request)
        if reply is None:
            return None
        sections = [one for holder in descendants(reply, "services") for one in holder]
        silent = silent or not sections
        found += [f"{above} {name}" for one in sections
                  if (name := local_name(one)) and attribute(one, "inactive") != "inactive"]  # fmt: skip
    return None if silent and not found and not committed.sees(driver) else tuple(dict.fromkeys(found))
