"""Applications, security policies and host-inbound services: who may talk to whom."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from orchestrator.lab.datapath.packet import ICMP, TCP, UDP
from orchestrator.lab.scenario import PROTOCOL_NUMBERS, Policy, Scenario

FIRST_ZONE_ID: Final = 6  # lower numbers belong to the built-in zones
CACHE_LIMIT: Final = 4096

# Predefined applications by protocol and port.
PREDEFINED: Final = {
    (TCP, 21): "junos-ftp",
    (TCP, 22): "junos-ssh",
    (TCP, 23): "junos-telnet",
    (TCP, 25): "junos-smtp",
    (TCP, 53): "junos-dns-tcp",
    (TCP, 80): "junos-http",
    (TCP, 443): "junos-https",
    (UDP, 53): "junos-dns-udp",
    (UDP, 123): "junos-ntp",
    (UDP, 161): "junos-snmp-agentx",
    (UDP, 500): "junos-ike",
    (UDP, 514): "junos-syslog",
    (UDP, 5060): "junos-sip",
}
# Any code or port of a protocol.
WIDE: Final = {"junos-icmp-all": ICMP, "junos-ping": ICMP, "junos-icmp-ping": ICMP, "junos-tcp-any": TCP}
VALUES: Final = {"junos-ike": 54}  # facts: live 24.4R1; of no other application is the number known
SELF_SERVICES: Final = {
    "ssh": (TCP, 22),
    "telnet": (TCP, 23),
    "http": (TCP, 80),
    "https": (TCP, 443),
    "netconf": (TCP, 830),
    "snmp": (UDP, 161),
    "ntp": (UDP, 123),
    "ike": (UDP, 500),
    "dns": (UDP, 53),
    "ping": (ICMP, 0),
}
# The policy of a session until its payload is identified: the name is general knowledge, the index synthetic.
UNIDENTIFIED: Final = ("pre-id-default-policy", 3)
SELF_POLICY: Final = "self-traffic-policy/1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy table says of a new session."""

    name: str
    number: int
    action: str  # permit, deny or reject
    log_init: bool = False
    log_close: bool = False
    awaits_application: bool = False  # permitted for now: a policy asks for the dynamic application


Flow = tuple[str, str, str, str, int, int]


class PolicyTable:
    """Policies by zone pair, first match wins; then those from or to ``any``; then the default."""

    def __init__(self, scenario: Scenario, default_name: str, default_id: int) -> None:
        self._applications = {one.name: (PROTOCOL_NUMBERS[one.protocol], one.port) for one in scenario.applications}
        self._names = {matched: name for name, matched in self._applications.items()}
        self._idle = {one.name: one.inactivity_timeout for one in scenario.applications}
        self._policies = scenario.policies
        self.deleted: set[str] = set()  # names of policies that a colleague deleted
        self._default = Verdict(default_name, default_id, scenario.default_policy)
        self._zones = {name: FIRST_ZONE_ID + index for index, name in enumerate(scenario.zones)}
        self._host_inbound = {name: set(zone.host_inbound) for name, zone in scenario.zones.items()}
        self._cache: dict[tuple[Flow, str], Verdict] = {}

    def zone_id(self, zone: str) -> int:
        """The number the trace prints beside the zone."""
        return self._zones.get(zone, 0)

    def application(self, protocol: int, port: int) -> str:
        """The name of what runs on a port, empty when nobody named it."""
        return self._names.get((protocol, port)) or PREDEFINED.get((protocol, port), "")

    def delete(self, name: str, *, deleted: bool) -> None:
        """Take a policy out, or put it back."""
        (self.deleted.add if deleted else self.deleted.discard)(name)
        self._cache.clear()

    def inactivity_timeout(self, application: str) -> int | None:
        """Seconds that an application gives its sessions, ``None`` when it leaves them those of the protocol."""
        return self._idle.get(application)

    def search(self, flow: Flow, identified: str = "") -> Verdict:
        """Decide on (from zone, to zone, source, destination after destination NAT, protocol, destination port).

        ``identified`` is the dynamic application once it is known.
        """
        verdict = self._cache.get((flow, identified))
        if verdict is None:
            if len(self._cache) >= CACHE_LIMIT:
                self._cache.clear()
            verdict = self._cache[flow, identified] = self._search(flow, identified)
        return verdict

    def _search(self, flow: Flow, identified: str) -> Verdict:
        from_zone, to_zone = flow[:2]
        exact = [one for one in self._policies if (one.from_zone, one.to_zone) == (from_zone, to_zone)]
        wide = [one for one in self._policies if "any" in (one.from_zone, one.to_zone)]
        wide = [one for one in wide if one.from_zone in ("any", from_zone) and one.to_zone in ("any", to_zone)]
        for one in exact + wide:
            if one.name in self.deleted or not self._matches(one, flow):
                continue
            wanted = one.match.dynamic_application
            if wanted and not identified:
                return Verdict(*UNIDENTIFIED, "permit", awaits_application=True)
            if not wanted or identified in wanted:
                return Verdict(one.name, one.id, one.action, "init" in one.log, "close" in one.log)
        return self._default

    def _matches(self, policy: Policy, flow: Flow) -> bool:
        _, _, source, destination, protocol, port = flow
        match = policy.match
        return (
            _covers(match.source, source)
            and _covers(match.destination, destination)
            and (not match.application or any(self._is(name, protocol, port) for name in match.application))
        )

    def _is(self, name: str, protocol: int, port: int) -> bool:
        if name in WIDE:
            return WIDE[name] == protocol
        if name in self._applications:
            wanted, wanted_port = self._applications[name]
            return wanted == protocol and wanted_port in (0, port)
        return PREDEFINED.get((protocol, port)) == name

    def lets_in(self, zone: str, protocol: int, port: int) -> bool:
        """Whether host-inbound traffic of the zone has the service."""
        services = self._host_inbound.get(zone, set())
        port = 0 if protocol == ICMP else port
        return "all" in services or any(SELF_SERVICES.get(name) == (protocol, port) for name in services)


def _covers(prefixes: list[str], address: str) -> bool:
    if not prefixes:
        return True
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_network(prefix) for prefix in prefixes)
