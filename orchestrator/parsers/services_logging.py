"""``get-configuration`` of ``system syslog`` and ``services``: where lines of a services card are logged.

Statements are those of the ALG document: a log file of the system that takes them, ``syslog host`` of the service set,
``then syslog`` of the rule's term. What is deactivated is as good as not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.stateful_firewall import ServiceSetLogging, ServicesLogging, TermLogging
from orchestrator.parsers.xml_input import Element, attribute, children, descendants, leaf, local_name, text_of

# The card's lines have the facility of the packet forwarding engine (System Log Messages 10.3), severity info at least.
_FACILITIES = {"any", "pfe"}
_SEVERITIES = {"any", "debug", "info"}
_SAMPLE = "{set}[FWNAT]: ASP_SFW_CREATE_ACCEPT_FLOW: proto 6 (TCP) application: ftp"


def parse(reply: Element) -> ServicesLogging:
    """Read the three levels; ``files`` is ``None`` when the reply has no ``system syslog``."""
    systems = [each for each in descendants(reply, "system") for _ in _active(each, "syslog")]
    files = [one for system in systems for syslog in _active(system, "syslog") for one in _active(syslog, "file")]
    taking = tuple(leaf(one, "name") for one in files if _takes(one))
    services = [each for each in descendants(reply, "services") if not _is_of_system(each)]
    return ServicesLogging(
        files=taking if systems else None,
        other_files=tuple(leaf(one, "name") for one in files if not _takes(one)),
        service_sets=tuple(_set(one) for each in services for one in _active(each, "service-set")),
        terms=tuple(term for each in services for term in _terms(each)),
    )


def _is_of_system(services: Element) -> bool:
    """``system services`` are the logins of the device."""
    above = services.getparent()
    return above is not None and local_name(above) == "system"


def _takes(file: Element) -> bool:
    """Whether a file takes the card's lines: ``contents`` is a facility by name, and its severity as a child."""
    return _matches(leaf(file, "match")) and any(
        leaf(one, "name") in _FACILITIES and any(local_name(each) in _SEVERITIES for each in one)
        for one in _active(file, "contents")
    )


def _matches(pattern: str) -> bool:
    """Whether the file's own ``match`` lets a line of the card pass; ``!`` in front turns it round."""
    if not pattern:
        return True
    try:
        found = re.search(pattern.removeprefix("!"), _SAMPLE) is not None
    except re.error:
        return False
    return found is not pattern.startswith("!")


def _set(element: Element) -> ServiceSetLogging:
    hosts = [host for syslog in _active(element, "syslog") for host in _active(syslog, "host")]
    return ServiceSetLogging(
        name=leaf(element, "name"),
        hosts=tuple(leaf(host, "name") for host in hosts if _logs_services(host)),
        rules=tuple(leaf(rule, "name") or text_of(rule) for rule in _active(element, "stateful-firewall-rules")),
    )


def _logs_services(host: Element) -> bool:
    """``services any``: the severity stands as text, as a child, or behind a name, depending on the release."""
    return any({text_of(one), *map(text_of, one), *map(local_name, one)} & _SEVERITIES for one in _severities(host))


def _severities(host: Element) -> Iterator[Element]:
    yield from _active(host, "services")
    for contents in _active(host, "contents"):
        if leaf(contents, "name") in {"services", "any"}:
            yield contents


def _terms(services: Element) -> Iterator[TermLogging]:
    for firewall in _active(services, "stateful-firewall"):
        for rule in _active(firewall, "rule"):
            for term in _active(rule, "term"):
                logs = any(True for then in _active(term, "then") for _ in _active(then, "syslog"))
                yield TermLogging(rule=leaf(rule, "name"), term=leaf(term, "name"), logs=logs)


def _active(element: Element, name: str) -> Iterator[Element]:
    return (each for each in children(element, name) if attribute(each, "inactive") != "inactive")
