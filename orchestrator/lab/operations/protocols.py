"""Names and numbers of protocols and services, as the CLI takes and prints them."""

from __future__ import annotations

from orchestrator.lab.operations.answer import Refusal

PROTOCOLS = {
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51,
    "icmp6": 58, "ospf": 89, "pim": 103, "vrrp": 112, "sctp": 132,
}  # fmt: skip
SERVICES = {
    "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "tftp": 69, "http": 80, "pop3": 110, "ntp": 123,
    "imap": 143, "snmp": 161, "bgp": 179, "ldap": 389, "https": 443, "syslog": 514,
}  # fmt: skip
NAMES = {number: name for name, number in PROTOCOLS.items()}


def number_of_protocol(text: str) -> int:
    """0 to 255, from a number or a name."""
    number = PROTOCOLS.get(text, int(text) if text.isdecimal() else -1)
    if not 0 <= number <= 255:
        raise Refusal(f"invalid protocol: {text}", bad_element="protocol")
    return number


def number_of_service(text: str, argument: str) -> int:
    """0 to 65535, from a number or a name."""
    number = SERVICES.get(text, int(text) if text.isdecimal() else -1)
    if not 0 <= number <= 65535:
        raise Refusal(f"invalid port: {text}", bad_element=argument)
    return number


def protocol_name(number: int) -> str:
    """The name, or the number where it has none."""
    return NAMES.get(number, str(number))
