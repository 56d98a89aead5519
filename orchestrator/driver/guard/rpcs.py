"""The RPCs that may leave, with the arguments each may carry.

Names and arguments are those of Juniper's YANG for the SRX family (17.2R1 to 24.4R1); the ``monitor-security-flow-*``
elements are published in 17.2R1 and 17.3R1 only. What is not in this table cannot be sent.
"""

from __future__ import annotations

from orchestrator.driver.guard import rpcs_capture, rpcs_chassis, rpcs_services, rpcs_vpn, slots
from orchestrator.driver.guard.rule import Effect, RpcRule, change, read
from orchestrator.driver.guard.slots import Slot

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
    "application-firewall-rule-set": slots.NAME,
    "application-traffic-control-rule-set": slots.NAME,
    "url-category": slots.NAME,
    "plugin-name": slots.NAME,
    "plugin-status": slots.NAME,
    "tunnel-inspection-type": slots.NAME,
    "vxlan-vni": slots.UINT32,
    "geneve-vni": slots.UINT32,
    "nat-port-overload-index": slots.UINT32,
    "session-type": slots.NAME,
}
# What ends sessions names some of them: a prefix of length 0 would end them all without saying so.
SESSION_CLEARS: dict[str, Slot] = SESSION_FILTERS | dict.fromkeys(
    ("source-prefix", "destination-prefix"), slots.NARROW_PREFIX
)
# Counters to filter by, from 21.1R1; of ``show`` only (facts: YANG).
SESSION_BOUNDS: dict[str, Slot] = {
    f"{what}-{side}-than": slots.UINT32
    for what in ("duration", "timeout", "curr", "packets", "bytes")
    for side in ("more", "less")
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
    "monitor-security-flow-file": change(
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
    "monitor-security-flow-start": change(),
    "monitor-security-flow-stop": change(),
    "show-monitor-security-flow-all": read(node=slots.NODE),
    "get-monitor-security-flow-all": read(node=slots.NODE),
    # never unnamed: without a name it deletes everybody's filters
    "clear-monitor-security-flow-filter": change(required="filter-name", filter_name=slots.our_tag),
    # sessions
    "get-flow-session-information": RpcRule(
        args={
            **SESSION_FILTERS,
            **SESSION_BOUNDS,
            "node": slots.NODE,
            "count": slots.UINT32,
            "start-identifier": slots.UINT64,
        },
        flags=SESSION_KINDS | SESSION_LEVELS,
    ),
    "get-flow-session-by-identifier": read(required="session-identifier", session_identifier=slots.UINT64),
    "clear-flow-session": RpcRule(
        Effect.CHANGE, SESSION_CLEARS, SESSION_KINDS, any_of=frozenset(SESSION_CLEARS) | SESSION_KINDS
    ),
    "clear-flow-session-all": change(),
    "clear-flow-session-by-session-identifier": change(required="session-identifier", session_identifier=slots.UINT64),
    "get-flow-status-all": read(node=slots.NODE),
    # dropped packets
    "get-packet-drop-records-all": read(node=slots.NODE),
    # files
    "get-log": read(required="filename", filename=slots.FILE_NAME),
    "file-list": read("detail", required="path", path=slots.LISTABLE),
    "file-get": RpcRule(
        args={"filename": slots.READABLE, "encoding": slots.one_of("ascii", "base64", "raw")},
        required=frozenset({"filename"}),
    ),
    "file-delete": change(required="path", path=slots.our_file),
    "get-checksum-information": read(required="path", path=slots.READABLE),
    "get-sha1-checksum-information": read(required="path", path=slots.READABLE),
    "get-sha256-checksum-information": read(required="path", path=slots.READABLE),
    # the device itself
    "get-system-information": read(),
    "get-software-information": read("brief", node=slots.NODE),
    "get-system-uptime-information": read(node=slots.NODE),
    "get-system-storage": read("detail", node=slots.NODE),
    "get-authorization-information": read(),
    "get-commit-information": read("include-configuration-revision"),
    "get-commit-revision-information": RpcRule(
        args={"level": slots.one_of("brief", "detail")}, flags=frozenset({"detail", "brief"})
    ),
    "get-route-engine-information": read(node=slots.NODE),
    "get-performance-summary-information": read(node=slots.NODE),
    "get-chassis-cluster-status": read(redundancy_group=slots.UINT32),
    "get-configuration": RpcRule(
        attributes={
            "database": slots.one_of("committed"),
            "format": slots.one_of("xml", "text"),
            "inherit": slots.one_of("inherit"),
        },
        subtree=frozenset(
            "configuration security flow traceoptions policies nat source destination static zones applications "
            "screen log system syslog services service-set stateful-firewall interfaces".split()
        ),
    ),
    "close-session": read(),
    # rooms of their own
    **rpcs_capture.RPCS,
    **rpcs_chassis.RPCS,
    **rpcs_services.RPCS,
    **rpcs_vpn.RPCS,
}
