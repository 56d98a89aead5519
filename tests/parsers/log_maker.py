"""RT_FLOW records of each release in both forms, made from the same values. Addresses are those of documentation."""

from __future__ import annotations

HEAD = "source-address source-port destination-address destination-port"
NAT = "nat-source-address nat-source-port nat-destination-address nat-destination-port"
OLD_RULES = "src-nat-rule-name dst-nat-rule-name"
RULES = "src-nat-rule-type src-nat-rule-name dst-nat-rule-type dst-nat-rule-name"
WHERE = "policy-name source-zone-name destination-zone-name"
COUNTERS = "packets-from-client bytes-from-client packets-from-server bytes-from-server elapsed-time"
USER = "username roles packet-incoming-interface"
APPLICATION = "application nested-application"
CATEGORY = "application-category application-sub-category application-risk application-characteristics"
PEER = (
    "secure-web-proxy-session-type peer-session-id peer-source-address peer-source-port peer-destination-address "
    "peer-destination-port hostname"
)
TUNNEL = "src-vrf-grp dst-vrf-grp tunnel-inspection tunnel-inspection-policy-set"
TENANT = "source-tenant destination-service"
TAGGED = f"{HEAD} connection-tag service-name {NAT} nat-connection-tag {RULES} protocol-id {WHERE}"
PLAIN = f"{HEAD} service-name {NAT} {OLD_RULES} protocol-id {WHERE}"
OLD_DENY = f"{HEAD} service-name protocol-id icmp-type {WHERE}"
DENY = f"{HEAD} connection-tag service-name protocol-id icmp-type {WHERE} {APPLICATION} {USER} encrypted reason"

# Field lists: facts (System Log Explorer templates of 12.3 and 22.2R1, published logs between, documentation of 2010).
FIELDS = {
    ("CREATE", "10.x"): f"{PLAIN} session-id-32 packet-incoming-interface",
    ("CLOSE", "10.x"): f"reason {PLAIN} session-id-32 {COUNTERS} packet-incoming-interface",
    ("DENY", "10.x"): OLD_DENY,
    ("CREATE", "12.1"): f"{PLAIN} session-id-32",
    ("CLOSE", "12.1"): f"reason {PLAIN} session-id-32 {COUNTERS}",
    ("DENY", "12.1"): f"{OLD_DENY} {APPLICATION} {USER}",
    ("CREATE", "12.1X46"): f"{PLAIN} session-id-32 {USER}",
    ("CLOSE", "12.1X46"): f"reason {PLAIN} session-id-32 {COUNTERS} {APPLICATION} {USER} encrypted",
    ("DENY", "12.1X46"): f"{OLD_DENY} {APPLICATION} {USER} encrypted",
    ("CREATE", "17.3"): f"{TAGGED} session-id-32 {USER} {APPLICATION} encrypted",
    ("CLOSE", "17.3"): f"reason {TAGGED} session-id-32 {COUNTERS} {APPLICATION} {USER} encrypted",
    ("DENY", "17.3"): DENY,
    ("CREATE", "19.x"): f"{TAGGED} session-id-32 {USER} {APPLICATION} encrypted {CATEGORY}",
    ("CLOSE", "19.x"): f"reason {TAGGED} session-id-32 {COUNTERS} {APPLICATION} {USER} encrypted {CATEGORY}",
    ("DENY", "19.x"): f"{DENY} session-id-32 {CATEGORY}",
    ("CREATE", "22.2"): f"{TAGGED} session-id {USER} {APPLICATION} encrypted {CATEGORY} {TUNNEL} {TENANT}",
    ("CLOSE", "22.2"): (
        f"reason {TAGGED} session-id {COUNTERS} {APPLICATION} {USER} encrypted {CATEGORY} {PEER} {TUNNEL} session-flag "
        f"{TENANT}"
    ),
    ("DENY", "22.2"): f"{DENY} session-id {CATEGORY} {TUNNEL} {TENANT}",
}
VALUES = {
    "source-address": "10.1.1.10", "source-port": "51000", "destination-address": "192.0.2.80",
    "destination-port": "443", "connection-tag": "fcd", "service-name": "junos-https",
    "nat-source-address": "203.0.113.5", "nat-source-port": "1024", "nat-destination-address": "192.0.2.81",
    "nat-destination-port": "8443", "nat-connection-tag": "0", "src-nat-rule-type": "source rule",
    "src-nat-rule-name": "trust-out", "dst-nat-rule-type": "static rule", "dst-nat-rule-name": "web-in",
    "protocol-id": "6", "policy-name": "default-deny(global)", "source-zone-name": "trust",
    "destination-zone-name": "untrust", "packets-from-client": "6", "bytes-from-client": "337",
    "packets-from-server": "4", "bytes-from-server": "535", "elapsed-time": "61", "application": "HTTP",
    "nested-application": "FACEBOOK", "username": "jdoe", "roles": "staff", "encrypted": "No",
    "packet-incoming-interface": "ge-0/0/0.0", "application-category": "Web", "application-sub-category": "N/A",
    "application-risk": "4", "application-characteristics": "Can Leak Information;Supports File Transfer;",
    "secure-web-proxy-session-type": "NA", "peer-session-id": "0", "peer-source-address": "0.0.0.0",
    "peer-source-port": "0", "peer-destination-address": "0.0.0.0", "peer-destination-port": "0", "hostname": "NA NA",
    "src-vrf-grp": "N/A", "dst-vrf-grp": "N/A", "tunnel-inspection": "Off", "tunnel-inspection-policy-set": "root",
    "session-flag": "0", "source-tenant": "N/A", "destination-service": "N/A", "session-id-32": "77",
    "session-id": "1357210026769", "icmp-type": "0", "reason": "TCP FIN",
}  # fmt: skip
STAMP = "2024-05-01T08:28:10.933Z"
BSD_STAMP = "May  1 08:28:10"


def values_of(kind: str, release: str, **changed: str) -> dict[str, str]:
    """The fields of a record; ``changed`` has underscores for dashes."""
    values = VALUES | ({"reason": "Denied by policy"} if kind == "DENY" else {})
    values |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: values[name] for name in FIELDS[kind, release].split()}


def structured(kind: str, fields: dict[str, str], head: str = f"<14>1 {STAMP} fw1 ") -> str:
    data = " ".join(f'{name}="{value}"' for name, value in fields.items())
    return f"{head}RT_FLOW - RT_FLOW_SESSION_{kind} [junos@2636.1.1.1.2.129 {data}]"


def text(kind: str, fields: dict[str, str], head: str = f"{BSD_STAMP} fw1 RT_FLOW: RT_FLOW_SESSION_{{kind}}: ") -> str:
    """The same record in the unstructured form, in the words of its release."""

    def ends(prefix: str) -> str:
        tag = f" 0x{fields[f'{prefix}connection-tag']}" if f"{prefix}connection-tag" in fields else ""
        source = f"{fields[f'{prefix}source-address']}/{fields[f'{prefix}source-port']}"
        return f"{source}->{fields[f'{prefix}destination-address']}/{fields[f'{prefix}destination-port']}{tag}"

    words = [ends("")]
    left = [name for name in fields if not name.startswith((*HEAD.split(), "connection-tag"))]
    for name in left:
        if name == "nat-source-address":
            words.append(ends("nat-"))
        elif name == "icmp-type" or name in {"bytes-from-client", "bytes-from-server", "roles"}:
            words[-1] += f"({fields[name]})"
        elif name == "peer-source-port":
            words[-1] += f"/{fields[name]}->{fields['peer-destination-address']}/{fields['peer-destination-port']}"
        elif not name.startswith(("nat-", "peer-destination")) and not (name == "reason" and kind == "CLOSE"):
            words.append(fields[name])
    verb = {"CREATE": "created", "CLOSE": f"closed {fields.get('reason')}:", "DENY": "denied"}[kind]
    return f"{head.format(kind=kind)}session {verb} {' '.join(words)}"
