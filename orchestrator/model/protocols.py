"""IP protocol numbers and the names Junos prints for them."""

from __future__ import annotations

# The names Junos accepts after ``protocol`` and prints in session tables and traces.
NAMES: dict[int, str] = {
    1: "icmp",
    2: "igmp",
    4: "ipip",
    6: "tcp",
    8: "egp",
    17: "udp",
    41: "ipv6",
    46: "rsvp",
    47: "gre",
    50: "esp",
    51: "ah",
    58: "icmp6",
    89: "ospf",
    103: "pim",
    112: "vrrp",
    132: "sctp",
}
NUMBERS: dict[str, int] = {name: number for number, name in NAMES.items()} | {"icmpv6": 58, "ospfigp": 89}

ICMP = frozenset({1, 58})
WITH_PORTS = frozenset({6, 17, 132})


def number_of(text: str) -> int:
    """Return the protocol number for a name or a decimal number.

    Raises:
        ValueError: the name is not known, or the number is outside 0..255.
    """
    lowered = text.strip().lower()
    if lowered in NUMBERS:
        return NUMBERS[lowered]
    if lowered.isascii() and lowered.isdigit() and int(lowered) <= 255:
        return int(lowered)
    raise ValueError(f"not an IP protocol: {text!r}")


def name_of(number: int) -> str:
    """Return the name Junos prints for a protocol number, the number itself where it has none."""
    return NAMES.get(number, str(number))
