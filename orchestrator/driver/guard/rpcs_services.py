"""RPCs of services cards, ALGs and address translation: what may leave, and with which arguments."""

from __future__ import annotations

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.rule import RpcRule, read
from orchestrator.driver.guard.slots import Slot

# Application protocols that filter conversations and flows (facts: YANG 24.4R1).
APPLICATION_PROTOCOLS = frozenset(
    "bootp dce-rpc dce-rpc-portmap dns exec ftp ftp-data gprs-gtp-c gprs-gtp-u gprs-gtp-v0 gprs-sctp h323 http https "
    "icmp icmpv6 ignore iiop ike-esp-nat imap imaps ip login mgcp-ca mgcp-ua ms-rpc netbios netshow none pop3 pop3s "
    "pptp q931 ras realaudio rpc rpc-portmap rsh rtsp sccp shell sip smtp smtps snmp sqlnet sqlnet-v2 ssh sun-rpc talk "
    "telnet tftp traceroute twamp winframe".split()
)
_APPLICATION = slots.one_of(*APPLICATION_PROTOCOLS)
# Filters of conversations and of flows (facts: YANG 16.1 to 24.4R1).
SERVICE_FLOW_FILTERS: dict[str, Slot] = {
    "source_prefix": slots.PREFIX,
    "destination_prefix": slots.PREFIX,
    "source_port": slots.PORT,
    "destination_port": slots.PORT,
    "protocol": slots.NAME,
    "application_protocol": _APPLICATION,
    "service_set": slots.NAME,
    "interface": slots.INTERFACE,
    "limit": slots.UINT32,
}
PORT_BLOCK_FILTERS: dict[str, Slot] = {
    "pool": slots.NAME,
    "host_ip": slots.PREFIX,
    "xlated_ip": slots.PREFIX,
    "xlated_port": slots.PORT,
}

RPCS: dict[str, RpcRule] = {
    # application layer gateways
    "get-alg-status": read(node=slots.NODE),
    "get-service-msp-alg-conversation-information": read(
        "brief", "extensive", application_protocol=_APPLICATION, interface=slots.INTERFACE
    ),
    # the stateful firewall of a services card
    "get-service-sfw-conversation-information": read(
        "brief", "extensive", "terse", "pgcp", required="", **SERVICE_FLOW_FILTERS
    ),
    "get-service-sfw-flow-table-information": read(
        "brief", "extensive", "terse", "pgcp", required="", **SERVICE_FLOW_FILTERS
    ),
    "get-service-sfw-statistics-information": read(
        "brief", "detail", "extensive", "summary", service_set=slots.NAME, interface=slots.INTERFACE
    ),
    # port blocks that are given out now (facts: YANG 21.4R1 to 24.4R1)
    "get-src-nat-port-block": read(required="", **PORT_BLOCK_FILTERS),
    "get-serv-src-nat-port-block": read(required="", **PORT_BLOCK_FILTERS),
}
