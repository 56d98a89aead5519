"""What a scenario's log section amounts to below ``system syslog`` and ``security log`` (CLI reference)."""

from __future__ import annotations

from lxml import etree

from orchestrator.lab.markup import Element
from orchestrator.lab.scenario import Log


def log_statements(root: Element, log: Log) -> None:
    """Add the files that take logs, and the mode of the session log."""
    syslog = etree.SubElement(_below(root, "system"), "syslog")
    # Everything but what the forwarding plane says, where that is not wanted here.
    _file(syslog, "messages", match="" if log.messages else "!(.*RT_FLOW.*)")
    if log.structured and log.is_local:
        etree.SubElement(_file(syslog, "traffic-log", match="RT_FLOW"), "structured-data")
    if not log.is_local or log.structured:
        session_log = etree.SubElement(_below(root, "security"), "log")
        etree.SubElement(session_log, "mode").text = "event" if log.is_local else "stream"
        etree.SubElement(session_log, "format").text = "sd-syslog"
        if log.collector:
            stream = etree.SubElement(session_log, "stream")
            etree.SubElement(stream, "name").text = "collector"
            etree.SubElement(etree.SubElement(stream, "host"), "ipaddr").text = log.collector


def _file(syslog: Element, name: str, match: str) -> Element:
    file = etree.SubElement(syslog, "file")
    etree.SubElement(file, "name").text = name
    contents = etree.SubElement(file, "contents")
    etree.SubElement(contents, "name").text = "any"
    etree.SubElement(contents, "any")
    if match:
        etree.SubElement(file, "match").text = match
    return file


def _below(root: Element, name: str) -> Element:
    found = root.find(name)
    return etree.SubElement(root, name) if found is None else found
