"""What the associations of IKE and IPsec say about a tunnel that does not work (rules: documentation of the commands).

A rule speaks only of what was printed: brief output without a state raises no finding about the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from orchestrator.model.ipsec import Direction, IkeSa, IpsecDirection, IpsecSa, IpsecStatistics, Protocol
from orchestrator.model.verdict import Finding, lines_of

_FAILED = "waiting for remove"


def ike_findings(found: Iterable[IkeSa]) -> list[Finding]:
    """What is wrong with negotiations."""
    return [finding for one in found for finding in _ike(one)]


def ipsec_findings(found: Iterable[IpsecSa], brief: Iterable[IpsecSa] = ()) -> list[Finding]:
    """What is wrong with associations. ``brief`` are the same from the brief form, to compare types with."""
    types = {(one.node, one.label): one.types for one in brief}
    return [
        finding
        for one in found
        for finding in (*_block(one), *_types(one, types.get((one.node, one.label), frozenset())), *_ways(one))
    ]


def statistics_findings(before: Iterable[IpsecStatistics], after: Iterable[IpsecStatistics]) -> list[Finding]:
    """Error counters that grew between two readings; a counter that stands still is history."""
    old = {_who(one): one for one in before}
    return [finding for one in after for finding in _grown(old.get(_who(one)), one)]


def _ike(one: IkeSa) -> Iterator[Finding]:
    peer, lines = f"IKE peer {one.remote_address}", lines_of(one.line)
    failed = _FAILED in one.flags or any(_FAILED in phase2.flags for phase2 in one.phase2)
    if failed:
        where = "" if _FAILED in one.flags else " of phase 2"
        yield Finding(
            symptom=f"{peer}: the negotiation{where} failed",
            saw=f"flag '{_FAILED}', state {one.state or 'not printed'}",
            why="the library only waits for the peer's retransmissions to end before it removes this negotiation",
            next="compare proposals, identities and keys of both ends, and read the key management daemon's log",
            lines=lines,
        )
    elif one.established is False:
        yield Finding(
            symptom=f"{peer}: not established",
            saw=f"state {one.state}",
            why="the negotiation is not complete, so no IPsec association can be made with it",
            next="see whether packets to and from UDP 500 and 4500 pass, then look again: does the state change?",
            lines=lines,
        )
    if one.established is None and one.state:
        yield Finding(
            symptom=f"{peer}: a state that is in no documentation",
            saw=f"state {one.state}",
            why="nothing is concluded from a word that no source explains",
            next="tell us the release and the word",
            lines=lines,
            soft=True,
        )
    if one.lifetime is not None and one.lifetime.expired:
        yield Finding(
            symptom=f"{peer}: expired", saw="lifetime: Expired", why="it protects no further negotiation",
            next="see whether a new association with this peer is there", lines=lines,
        )  # fmt: skip


def _block(one: IpsecSa) -> Iterator[Finding]:
    state, lines, who = " ".join(one.state.lower().split()), lines_of(one.line), f"IPsec {one.label}"
    if state == "down":
        yield Finding(
            symptom=f"{who}: down",
            saw=f"state {one.state}",
            why="the interface family that refers to it is down, or the tunnel is",
            next="look at the interface first, then at the IKE association with the peer",
            lines=lines,
        )
    elif state == "no reference":
        yield Finding(
            symptom=f"{who}: no interface uses it",
            saw=f"interface family: {one.state}",
            why="the association exists and no interface family refers to it, so no packet is protected by it",
            next="compare its name with the one in the interface's configuration",
            lines=lines,
        )
    if one.directions and {way.direction for way in one.directions} != set(Direction):
        yield Finding(
            symptom=f"{who}: one direction only",
            saw=", ".join(sorted(str(way.direction) for way in one.directions)),
            why="associations come in pairs: traffic can pass one way at most",
            next="look again; when it stays so, clear it by name so that both are negotiated anew",
            lines=lines,
        )


def _types(one: IpsecSa, brief: frozenset[str]) -> Iterator[Finding]:
    if brief and one.types and brief != one.types:
        yield Finding(
            symptom=f"IPsec {one.label}: brief and detail do not name the same type",
            saw=f"brief {', '.join(sorted(brief))}, detail {', '.join(sorted(one.types))}",
            why="the documentation's own sample has this misprint; the brief form decides",
            next="trust the brief form: a manual association cannot be cleared",
            lines=lines_of(one.line),
        )


def _ways(one: IpsecSa) -> Iterator[Finding]:
    """Each rule once an association, with the directions it is true of."""
    for rule in _RULES:
        hit = [(way, saw) for way in one.directions if (saw := rule.saw(way))]
        if hit:
            words = " and ".join(dict.fromkeys(str(way.direction) for way, _saw in hit))
            yield Finding(
                symptom=f"IPsec {one.label}: {rule.symptom} ({words})",
                saw=hit[0][1],
                why=rule.why,
                next=rule.next,
                lines=tuple(line for way, _saw in hit for line in lines_of(way.line)),
            )


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule about a direction; ``saw`` says what was seen, empty when the rule is not true of it."""

    symptom: str
    saw: Callable[[IpsecDirection], str]
    why: str
    next: str


def _not_installed(way: IpsecDirection) -> str:
    kind = "transport" if _transport(way) else "tunnel"
    return f"state {way.state}, {kind} mode" if way.installed is False else ""


def _dynamic_transport(way: IpsecDirection) -> str:
    return f"mode {way.mode}, type {way.type}" if way.type.lower() == "dynamic" and _transport(way) else ""


def _no_lifetime(way: IpsecDirection) -> str:
    in_detail = bool(way.state or way.authentication)
    bare = way.type.lower() == "dynamic" and in_detail and way.soft is None and way.hard is None
    return "neither a soft nor a hard lifetime" if bare else ""


def _lifetimes(way: IpsecDirection) -> str:
    soft, hard = (None if each is None else each.seconds for each in (way.soft, way.hard))
    return f"soft {soft} s, hard {hard} s" if soft is not None and hard is not None and soft >= hard else ""


def _expired(way: IpsecDirection) -> str:
    return "hard lifetime: Expired" if way.hard is not None and way.hard.expired else ""


def _no_replay_protection(way: IpsecDirection) -> str:
    if way.replay_window == 0:
        return "replay window size 0"
    return "anti-replay service disabled" if way.anti_replay is False else ""


def _auxiliary(way: IpsecDirection) -> str:
    if way.aux_spi is None or way.protocol is Protocol.UNKNOWN:
        return ""
    wrong = (way.aux_spi > 0) != (way.protocol is Protocol.BOTH)
    return f"protocol {way.protocol}, AUX-SPI {way.aux_spi}" if wrong else ""


def _unanswered(way: IpsecDirection) -> str:
    word = dict(way.others).get("sa-vpn-monitoring-state", "")
    return f"VPN monitoring {word}" if word.upper() in ("D", "DOWN") else ""


_RULES = (
    _Rule(
        "not installed",
        _not_installed,
        "the kernel does not know it; of a transport association the documentation says it is always installed",
        "look again; when it stays so, read the log of the key management daemon and of the kernel",
    ),
    _Rule(
        "dynamic in transport mode",
        _dynamic_transport,
        "dynamic associations are not supported in transport mode",
        "make it manual, or use tunnel mode",
    ),
    _Rule(
        "dynamic without a lifetime",
        _no_lifetime,
        "of a dynamic association a soft or a hard lifetime is always printed; a manual one has none",
        "compare with the brief form: it may be manual",
    ),
    _Rule(
        "the soft lifetime is not below the hard one",
        _lifetimes,
        "the soft lifetime asks for a new association before the hard one ends; here nothing is left for that",
        "compare the lifetimes of both ends",
    ),
    _Rule(
        "the hard lifetime has expired",
        _expired,
        "an expired association protects nothing and should be gone",
        "see whether a new pair is there, else whether the IKE association is established",
    ),
    _Rule(
        "no protection against replay",
        _no_replay_protection,
        "a window of 0 means that old and duplicate packets are accepted",
        "set a window of 32 or 64 packets where the device offers it",
    ),
    _Rule(
        "AUX-SPI against the protocol",
        _auxiliary,
        "AUX-SPI is 0 for AH or ESP and positive for AH+ESP",
        "tell the vendor: this output contradicts itself",
    ),
    _Rule(
        "VPN monitoring says that the peer does not answer",
        _unanswered,
        "the device probes the peer through the tunnel, and the probes stay without an answer",
        "see whether the other end lets the probes in and answers",
    ),
)


def _transport(way: IpsecDirection) -> bool:
    return way.mode.lower().startswith("transport")


def _who(one: IpsecStatistics) -> tuple[object, ...]:
    return one.node, one.pic, one.service_set, one.local_gateway, one.remote_gateway, one.tunnel_index


def _grown(before: IpsecStatistics | None, after: IpsecStatistics) -> Iterator[Finding]:
    for name, value in after.errors:
        grown = value - ((before.counter(name) or 0) if before is not None else 0)
        if before is not None and grown > 0:
            yield Finding(
                symptom=f"IPsec: {name} grow",
                saw=f"{name} {before.counter(name)} -> {value}",
                why="packets of a tunnel are thrown away now, not only in the past",
                next="see which tunnel it is by the statistics of one index, and what its peer sends",
            )
