"""Single values as the device prints them."""

from __future__ import annotations

import re

from orchestrator.model import protocols

_NUMBER = re.compile(r"-?[0-9]{1,20}")
# What stands above the output of one part of a device: a node of a cluster, a routing engine, a member of a virtual
# chassis, a chassis of a routing matrix or of node slicing.
_PART = re.compile(r"((?:node|re|fpc|member|lcc)\d{1,2}|(?:sfc\d|lcc\d{1,2}|gnf\d{1,2}|member\d{1,2}|bsys)-re\d):")
_ABSENT = {"", "n/a", "-", "none", "null"}
# Names Junos prints that are not in its own list of names for filters (IANA protocol numbers).
_OTHER_PROTOCOLS = {"icmp6": 58, "ipv6-icmp": 58, "ospf3": 89, "eigrp": 88, "l2tp": 115, "ipcomp": 108, "hopopt": 0}

UNKNOWN_PROTOCOL = -1


def integer(text: str | None) -> int | None:
    """Read a decimal number; ``None`` for ``N/A`` and everything else that is not one."""
    if not text:
        return None
    if text.isdecimal() and text.isascii() and len(text) <= 20:  # as most are
        return int(text)
    stripped = text.strip()
    return int(stripped) if _NUMBER.fullmatch(stripped) else None


def present(text: str | None) -> str:
    """The text, empty where the device prints ``N/A``."""
    stripped = (text or "").strip()
    return "" if stripped.upper() == "N/A" else stripped


def node_heading(text: str) -> str:
    """The node that a line announces (``node0:``, ``re1:``, ``lcc0-re0:``), empty for any other line."""
    found = _PART.fullmatch(text) if text.endswith(":") else None
    return found[1] if found else ""


def is_absent(text: str) -> bool:
    """Whether the text is one of the ways to print nothing."""
    return text.strip().lower() in _ABSENT


def protocol_number(text: str) -> int:
    """Read a protocol name or number; ``UNKNOWN_PROTOCOL`` for a name that is in no list."""
    try:
        return protocols.number_of(text)
    except ValueError:
        return _OTHER_PROTOCOLS.get(text.strip().lower(), UNKNOWN_PROTOCOL)


def ports(protocol: int, source: str, destination: str) -> tuple[int | None, int | None]:
    """The two words printed after the addresses as ports; ``None`` for protocols that have no ports."""
    if protocol not in protocols.WITH_PORTS:
        return None, None
    return integer(source), integer(destination)


def icmp_words(protocol: int, source: str, destination: str) -> tuple[int, int] | None:
    """The same two words for ICMP, in the order printed."""
    first, second = integer(source), integer(destination)
    if protocol not in protocols.ICMP or first is None or second is None:
        return None
    return first, second


def fpc_pic(text: str) -> str:
    """``FPC0 PIC1`` from `` on FPC0 PIC1:`` and its like."""
    return text.strip().removeprefix("on ").rstrip(":").strip()
