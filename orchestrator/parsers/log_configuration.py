"""``get-configuration`` of ``system syslog`` and ``security log``: where logs go (CLI reference: syslog, log).

What is deactivated, at any level, is as good as not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.model.log_configuration import LogConfiguration, LogMode, LogStream, SyslogTarget
from orchestrator.parsers.xml_input import Element, attribute, children, descendants, leaf, local_name

_MODES = {mode.value: mode for mode in LogMode}


def holds_logs(*replies: Element) -> bool:
    """Whether any reply has one of the two at all, deactivated or not."""
    return any(_sections(reply, above, name) for reply in replies for above, name in _WHERE)


_WHERE = (("system", "syslog"), ("security", "log"))


def parse(*replies: Element) -> LogConfiguration:
    """Read where the logs go; silent where nothing is configured."""
    syslogs = [one for reply in replies for one in _active(_sections(reply, "system", "syslog"))]
    logs = [one for reply in replies for one in _active(_sections(reply, "security", "log"))]
    modes = [_MODES[text] for one in logs if (text := leaf(one, "mode")) in _MODES]
    return LogConfiguration(
        targets=tuple(_target(one, kind) for syslog in syslogs for kind in ("file", "host")
                      for one in _active(children(syslog, kind))),
        mode=modes[0] if modes else None,
        format=next((text for one in logs if (text := leaf(one, "format"))), ""),
        streams=tuple(_stream(one) for log in logs for one in _active(children(log, "stream"))),
    )  # fmt: skip


def _target(element: Element, kind: str) -> SyslogTarget:
    selectors = [
        (leaf(one, "name"), next((name for each in _active(one) if (name := local_name(each)) != "name"), ""))
        for one in _active(children(element, "contents"))
    ]
    return SyslogTarget(
        name=leaf(element, "name"),
        is_file=kind == "file",
        selectors=tuple(selectors),
        match=leaf(element, "match"),
        structured=any(True for _ in _active(children(element, "structured-data"))),
    )


def _stream(element: Element) -> LogStream:
    [host, file] = [next(iter(_active(children(element, name))), None) for name in ("host", "file")]
    return LogStream(
        name=leaf(element, "name"),
        host="" if host is None else leaf(host, "ipaddr") or leaf(host, "name"),
        file="" if file is None else leaf(file, "name"),
        category=leaf(element, "category"),
        format=leaf(element, "format"),
    )


def _sections(reply: Element, above: str, name: str) -> list[Element]:
    """Sections of the device itself, not those of a logical system or of another statement of that name."""
    found: list[Element] = []
    for parent in descendants(reply, above):
        around = parent.getparent()
        if around is None or local_name(around) in {"configuration", "rpc-reply", "data"}:
            found += children(parent, name)
    return found


def _active(elements: Iterable[Element]) -> Iterator[Element]:
    for each in elements:
        if not any(attribute(one, "inactive") == "inactive" for one in (each, *each.iterancestors())):
            yield each
