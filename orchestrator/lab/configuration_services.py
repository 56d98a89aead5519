"""Statements of a services card's logging, at the three levels of the ALG document."""

from __future__ import annotations

from lxml import etree

from orchestrator.lab.markup import Element
from orchestrator.lab.scenario_stateful_firewall import StatefulFirewall


def services_logging(root: Element, firewall: StatefulFirewall) -> None:
    """Add ``system syslog``, the service set and its rule."""
    _system(root, on=firewall.logging.system)
    services = etree.SubElement(root, "services")
    service_set = _entry(services, "service-set", firewall.service_set)
    if firewall.logging.service_set:
        host = _entry(etree.SubElement(service_set, "syslog"), "host", "local")
        etree.SubElement(host, "services").text = "any"
    _entry(service_set, "stateful-firewall-rules", firewall.rule)
    interface = etree.SubElement(service_set, "interface-service")
    etree.SubElement(interface, "service-interface").text = firewall.interface
    rule = _entry(etree.SubElement(services, "stateful-firewall"), "rule", firewall.rule)
    etree.SubElement(rule, "match-direction").text = "input-output"
    then = etree.SubElement(_entry(rule, "term", "0"), "then")
    etree.SubElement(then, "accept")
    if firewall.logging.rule:
        etree.SubElement(then, "syslog")


def _system(root: Element, *, on: bool) -> None:
    """``file messages``, which takes everything, or only what is no business of the card."""
    system = root.find("system")
    if system is None:
        system = etree.SubElement(root, "system")
    for file in system.iterfind("syslog/file[name='messages']"):
        if on:
            return
        file.getparent().remove(file)  # type: ignore[union-attr]  # it was found below one
    syslog = system.find("syslog")
    if syslog is None:
        syslog = etree.SubElement(system, "syslog")
    contents = _entry(_entry(syslog, "file", "messages"), "contents", "any" if on else "authorization")
    etree.SubElement(contents, "any")


def _entry(parent: Element, tag: str, name: str) -> Element:
    entry = etree.SubElement(parent, tag)
    etree.SubElement(entry, "name").text = name
    return entry
