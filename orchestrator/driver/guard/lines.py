"""The CLI lines that may leave, as ``<command>`` over NETCONF or over SSH.

A rule is a few fixed words, then slots in order, then keywords with a value in any order, then words without one.
A line is matched word by word; there is no way to write a pipe, a quote or a second command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.rpcs import MONITOR_CRITERIA, SESSION_CLEARS, SESSION_KINDS
from orchestrator.driver.guard.rule import Effect
from orchestrator.driver.guard.slots import Slot


@dataclass(frozen=True, slots=True)
class LineRule:
    """One command. ``free`` allows any number of plain words after the fixed ones."""

    fixed: str
    effect: Effect = Effect.READ
    positional: tuple[Slot, ...] = ()
    keywords: Mapping[str, Slot] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    any_of: bool = False  # at least one keyword or flag must stand
    free: bool = False

    def admits(self, words: tuple[str, ...]) -> bool:
        """Whether a line is an instance of this command."""
        head = tuple(self.fixed.split())
        if words[: len(head)] != head:
            return False
        rest = words[len(head) :]
        if self.free:
            return all(slots.SHOW_WORD(word) for word in rest) and not any(map(_names_a_key, rest))
        if len(rest) < len(self.positional):
            return False
        if not all(slot(word) for slot, word in zip(self.positional, rest, strict=False)):
            return False
        return self._options(list(rest[len(self.positional) :]))

    def _options(self, rest: list[str]) -> bool:
        seen: set[str] = set()
        while rest:
            word = rest.pop(0)
            if word in seen:
                return False
            seen.add(word)
            if word in self.flags:
                continue
            slot = self.keywords.get(word)
            if slot is None or not rest or not slot(rest.pop(0)):
                return False
        return bool(seen) or not self.any_of


def _names_a_key(word: str) -> bool:
    """Whether a word is ``pre-shared-key`` or short for it: ``show security ike pre-shared-key`` prints keys."""
    return "pre-shared-key".startswith(word.lower())


_FILE = {"size": slots.SIZE, "files": slots.FILES, "match": slots.LINE_PATTERN}
_READABLE = frozenset({"world-readable", "no-world-readable"})

CHANGES = (
    LineRule("monitor security flow file", Effect.CHANGE, (slots.FILE_NAME,), _FILE, _READABLE),
    LineRule("monitor security flow filter", Effect.CHANGE, (slots.our_tag,), MONITOR_CRITERIA),
    LineRule("monitor security flow start", Effect.CHANGE),
    LineRule("monitor security flow stop", Effect.CHANGE),
    LineRule("clear monitor security flow filter", Effect.CHANGE, (slots.our_tag,)),
    LineRule("clear security flow session", Effect.CHANGE, (), SESSION_CLEARS, SESSION_KINDS, any_of=True),
    LineRule("clear security flow session all", Effect.CHANGE),
    LineRule("clear security flow session session-identifier", Effect.CHANGE, (slots.UINT64,)),
    LineRule("file delete", Effect.CHANGE, (slots.our_file,)),
    # never unnamed, and never sent twice: the same line switches back
    LineRule("request ipsec switch interface", Effect.CHANGE, (slots.ES_INTERFACE,)),
    LineRule("request ipsec switch security-associations", Effect.CHANGE, (slots.SA_NAME,)),
)

# ``show`` never changes a Junos device; still only the families an SRX debug needs are open.
SHOW_FAMILIES = (
    "arp", "bgp", "chassis", "class-of-service", "cli authorization", "configuration", "ethernet-switching",
    "firewall", "forwarding-options", "ike", "interfaces", "ipsec", "ipv6", "lacp", "lldp", "log", "monitor security",
    "multicast", "nat", "ntp", "ospf", "ospf3", "pfe statistics", "policy-options", "route", "rip", "security",
    "services", "snmp", "system", "vlans", "version", "vrrp",
)  # fmt: skip
SHOWS = tuple(LineRule(f"show {family}", free=True) for family in SHOW_FAMILIES)

FILE_READS = (
    LineRule("file list", positional=(slots.LISTABLE,)),
    LineRule("file list detail", positional=(slots.LISTABLE,)),
    LineRule("file list", positional=(slots.LISTABLE,), flags=frozenset({"detail"})),
    LineRule("file show", positional=(slots.READABLE,)),
    LineRule("file checksum md5", positional=(slots.READABLE,)),
    LineRule("file checksum sha1", positional=(slots.READABLE,)),
    LineRule("file checksum sha-256", positional=(slots.READABLE,)),
)

RULES = CHANGES + SHOWS + FILE_READS
MAX_LINE = 1024
