"""The RPCs that may leave, with the arguments each may carry.

Names and arguments are those of Juniper's YANG for the SRX family (17.2R1 to 24.4R1); the ``monitor-security-flow-*``
elements are published in 17.2R1 and 17.3R1 only. What is not in this table cannot be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.slots import Slot


class Effect(StrEnum):
    """What a request does to the device."""

    READ = "read"
    CHANGE = "change"  # operational state; nothing here can reach the configuration


@dataclass(frozen=True, slots=True)
class RpcRule:
    """One RPC: ``args`` with a value, ``flags`` without, ``required`` ones, and at least one of ``any_of``."""

    effect: Effect = Effect.READ
    args: Mapping[str, Slot] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    attributes: Mapping[str, Slot] = field(default_factory=dict)
    subtree: frozenset[str] = frozenset()


# Any read may be asked for as the text a person would see.
_AS_TEXT: dict[str, Slot] = {"format": slots.one_of("text")}


def _read(*flags: str, required: str = "", **args: Slot) -> RpcRule:
    return RpcRule(
        args=_dashed(args), flags=frozenset(flags), required=frozenset(required.split()), attributes=_AS_TEXT
    )


def _change(*flags: str, required: str = "", any_of: frozenset[str] = frozenset(), **args: Slot) -> RpcRule:
    return RpcRule(Effect.CHANGE, _dashed(args), frozenset(flags), frozenset(required.split()), any_of)


def _dashed(args: Mapping[str, Slot]) -> dict[str, Slot]:
    return {name.rstrip("_").replace("_", "-"): slot for name, slot in args.items()}


# Filters of ``show security flow session``, also those of ``clear`` (facts: YANG 17.4R1 to 24.4R1).
SESSION_FILTERS: dict[str, Slot] = {
    "source-prefix": slots.PREFIX,
    "destination-prefix": slots.PREFIX,
    "source-port": slots.PORT,
    "destination-port": slots.PORT,
    "protocol": slots.NAME,
    "interface": slots.INTERFACE,
    "application": slots.NAME,
    "family": slots.one_of("inet", "inet6"),
    "policy-id": slots.UINT32,
    "conn-tag": slots.UINT32,
    "logical-system": slots.NAME,
    "dynamic-application": slots.NAME,
    "dynamic-application-group": slots.NAME,
    "zone": slots.NAME,
    "session-state": slots.NAME,
    "source-tenant": slots.NAME,
    "tenant": slots.NAME,
    "vrf-group": slots.NAME,
    "source-nat-pool": slots.NAME,
    "destination-service": slots.NAME,
}
SESSION_KINDS = frozenset(
    "encrypted idp tunnel nat services-offload resource-manager application-firewall "
    "application-traffic-control security-intelligence advanced-anti-malware ssl anti-virus "
    "content-filtering web-filtering drop-flow".split()
)
SESSION_LEVELS = frozenset("summary brief extensive".split())

MONITOR_CRITERIA: dict[str, Slot] = {
    "protocol": slots.NAME,
    "source-prefix": slots.PREFIX,
    "destination-prefix": slots.PREFIX,
    "source-port": slots.PORT,
    "destination-port": slots.PORT,
    "interface": slots.INTERFACE,
    "logical-system": slots.NAME,
    "conn-tag": slots.UINT32,
    "destination-service": slots.NAME,
    "geneve-vni": slots.UINT32,
    "source-tenant": slots.NAME,
    "tenant": slots.NAME,
    "tunnel-inspection-type": slots.NAME,
    "vxlan-vni": slots.UINT32,
}

RPCS: dict[str, RpcRule] = {
    # flow monitoring
    "monitor-security-flow-file": _change(
        "world-readable",
        "no-world-readable",
        required="filename",
        filename=slots.FILE_NAME,
        size=slots.SIZE,
        files=slots.FILES,
        match=slots.LINE_PATTERN,
    ),
    "monitor-security-flow-filter": RpcRule(
        Effect.CHANGE, {"filter-name": slots.our_tag, **MONITOR_CRITERIA}, required=frozenset({"filter-name"})
    ),
    "monitor-security-flow-start": _change(),
    "monitor-security-flow-stop": _change(),
    "show-monitor-security-flow-all": _read(node=slots.NODE),
    "get-monitor-security-flow-all": _read(node=slots.NODE),
    # never unnamed: without a name it deletes everybody's filters
    "clear-monitor-security-flow-filter": _change(required="filter-name", filter_name=slots.our_tag),
    # sessions
    "get-flow-session-information": RpcRule(
        args={**SESSION_FILTERS, "node": slots.NODE, "count": slots.UINT32, "start-identifier": slots.UINT64},
        flags=SESSION_KINDS | SESSION_LEVELS,
    ),
    "get-flow-session-by-identifier": _read(required="session-identifier", session_identifier=slots.UINT64),
    "clear-flow-session": RpcRule(
        Effect.CHANGE, SESSION_FILTERS, SESSION_KINDS, any_of=frozenset(SESSION_FILTERS) | SESSION_KINDS
    ),
    "clear-flow-session-all": _change(),
    "clear-flow-session-by-session-identifier": _change(required="session-identifier", session_identifier=slots.UINT64),
    "get-flow-status-all": _read(node=slots.NODE),
    "get-flow-statistics-all": _read(node=slots.NODE),
    # dropped packets
    "get-packet-drop-records-all": _read(node=slots.NODE),
    # files
    "get-log": _read(required="filename", filename=slots.FILE_NAME),
    "file-list": _read("detail", required="path", path=slots.LISTABLE),
    "file-show": RpcRule(
        args={"filename": slots.READABLE, "encoding": slots.one_of("base64", "raw")}, required=frozenset({"filename"})
    ),
    "file-get": RpcRule(
        args={"filename": slots.READABLE, "encoding": slots.one_of("ascii", "base64", "raw")},
        required=frozenset({"filename"}),
    ),
    "file-delete": _change(required="path", path=slots.our_file),
    "get-checksum-information": _read(required="path", path=slots.READABLE),
    "get-sha1-checksum-information": _read(required="path", path=slots.READABLE),
    "get-sha256-checksum-information": _read(required="path", path=slots.READABLE),
    # the device itself
    "get-system-information": _read(),
    "get-software-information": _read("brief", node=slots.NODE),
    "get-system-uptime-information": _read(node=slots.NODE),
    "get-system-storage": _read("detail", node=slots.NODE),
    "get-system-users-information": _read("no-resolve", node=slots.NODE),
    "get-authorization-information": _read(),
    "get-commit-information": _read("include-configuration-revision"),
    "get-commit-revision-information": RpcRule(
        args={"level": slots.one_of("brief", "detail")}, flags=frozenset({"detail", "brief"})
    ),
    "get-route-engine-information": _read(node=slots.NODE),
    "get-performance-summary-information": _read(node=slots.NODE),
    "get-chassis-cluster-status": _read(redundancy_group=slots.UINT32),
    "get-configuration": RpcRule(
        attributes={
            "database": slots.one_of("committed"),
            "format": slots.one_of("xml", "text"),
            "inherit": slots.one_of("inherit"),
        },
        subtree=frozenset(
            "configuration security flow traceoptions policies nat source destination static zones applications "
            "screen log system syslog services interfaces".split()
        ),
    ),
    "close-session": _read(),
}
