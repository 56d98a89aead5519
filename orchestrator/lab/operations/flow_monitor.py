"""``monitor security flow``: the verb in its three forms, its status, and clearing filters."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from orchestrator.lab.monitor import Filter, MonitorError, TraceFile
from orchestrator.lab.operations.answer import Answer, Refusal, daemon_failure
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.operations.protocols import number_of_protocol, number_of_service

CRITERIA = (
    "protocol", "source-prefix", "destination-prefix", "source-port", "destination-port", "conn-tag", "interface",
)  # fmt: skip
LATER_CRITERIA = (
    "destination-service", "geneve-vni", "source-tenant", "tunnel-inspection-type", "vxlan-vni",
)  # fmt: skip
SIZE = re.compile(r"(\d+)([kmg]?)", re.IGNORECASE)
UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def _bytes(text: str) -> int:
    """Bytes of a size; suffixes k, m and g as in traceoptions (unconfirmed for the monitor verb)."""
    found = SIZE.fullmatch(text)
    if found is None:
        raise Refusal(f"invalid size: {text}", bad_element="size")
    return int(found[1]) * UNITS[found[2].lower()]


def set_file(call: Call) -> Answer:
    """``monitor security flow file``; silent."""
    old = TraceFile("")
    file = TraceFile(
        call.get("filename"),
        size_bytes=_bytes(call.get("size")) if call.get("size") else old.size_bytes,
        files=int(call.get("files") or old.files),
        match=call.get("match") or None,
        world_readable="world-readable" in call.arguments,
    )
    _obeyed(lambda: call.box.monitor.set_file(file))
    return Answer()


def _obeyed(action: Callable[[], str | None]) -> str:
    try:
        return action() or ""
    except MonitorError as error:
        raise daemon_failure(str(error)) from error


def _network(name: str, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if not text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Refusal(f"invalid prefix: {text}", bad_element=name) from error


def filter_from(name: str, given: Mapping[str, str]) -> Filter:
    """A filter of CLI keywords and values. Service names become numbers, an interface gets its unit.

    Raises:
        Refusal: a value the CLI would not take.
    """
    criteria = {key: value for key, value in given.items() if value}
    for port in ("source-port", "destination-port"):
        if port in criteria:
            criteria[port] = str(number_of_service(criteria[port], port))
    interface = criteria.get("interface", "")
    if interface and "." not in interface:
        criteria["interface"] = f"{interface}.0"
    return Filter(
        name,
        criteria,
        protocol=number_of_protocol(criteria["protocol"]) if "protocol" in criteria else None,
        source=_network("source-prefix", criteria.get("source-prefix", "")),
        destination=_network("destination-prefix", criteria.get("destination-prefix", "")),
    )


def set_filter(call: Call) -> Answer:
    """``monitor security flow filter``; silent."""
    known = (*CRITERIA, *LATER_CRITERIA, "logical-system")
    new = filter_from(call.get("filter-name"), {name: call.get(name) for name in known})
    _obeyed(lambda: call.box.monitor.set_filter(new))
    return Answer()


def start(call: Call) -> Answer:
    """``monitor security flow start``; silent on success."""
    return Answer(_obeyed(call.box.monitor.start))


def stop(call: Call) -> Answer:
    """``monitor security flow stop``; silent."""
    return Answer(_obeyed(call.box.monitor.stop))


def clear(call: Call) -> Answer:
    """``clear monitor security flow filter [NAME]``; its feedback text is unconfirmed."""
    return Answer(call.box.monitor.clear(call.get("filter-name") or None))


def show(call: Call) -> Answer:
    """``show monitor security flow``; leaves of its XML are unknown, so it is text inside the known outer tag."""
    text = call.box.monitor.status()
    markup = call.markup()
    inner = markup.branch(call.operation.element.replace("get-", "show-"), [markup.leaf("output", f"\n{text}")])
    return Answer(text, [inner])


OPERATIONS = (
    Operation(
        "monitor-security-flow-file", "monitor security flow file", set_file, "trace", monitor_verb=True,
        arguments=(
            Argument("filename", mandatory=True, positional=True),
            Argument("size"), Argument("files"), Argument("match"),
            Argument("world-readable", flag=True), Argument("no-world-readable", flag=True),
        ),
    ),
    Operation(
        "monitor-security-flow-filter", "monitor security flow filter", set_filter, "trace", monitor_verb=True,
        arguments=(
            Argument("filter-name", mandatory=True, positional=True),
            *(Argument(name) for name in (*CRITERIA, *LATER_CRITERIA, "logical-system")),
            Argument("root-logical-system", flag=True),
        ),
    ),
    Operation("monitor-security-flow-start", "monitor security flow start", start, "trace", monitor_verb=True),
    Operation("monitor-security-flow-stop", "monitor security flow stop", stop, "trace", monitor_verb=True),
    Operation(
        "clear-monitor-security-flow-filter", "clear monitor security flow filter", clear, "clear",
        arguments=(Argument("filter-name", positional=True),),
    ),
    Operation("get-monitor-security-flow-all", "show monitor security flow", show, "view", per_node=True),
)  # fmt: skip
