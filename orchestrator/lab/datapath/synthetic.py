"""Texts of trace and drop records that no published sample confirms: everything in this module is synthetic.

They are wordings of general knowledge, so that a reader meets something plausible where a real device says something.
A parser must not need them. Where a drop record's text is confirmed and only its trace text is not, the line says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.lab.datapath.outcome import Cause, Outcome, Stage

NO_SESSION = "flow_initiate_first_path: first pak no session"

IP_SPOOFING = Cause(Stage.SCREEN, "IDS", "IP spoofing", ("  packet dropped, IP spoofing",))  # record confirmed
LAND = Cause(Stage.SCREEN, "IDS", "Land attack", ("  packet dropped, land attack",))
NO_FLAG = Cause(Stage.SCREEN, "IDS", "TCP no flag", ("  packet dropped, tcp no flag",))
SYN_FIN = Cause(Stage.SCREEN, "IDS", "TCP SYN FIN", ("  packet dropped, tcp syn and fin bits",))
FIN_NO_ACK = Cause(Stage.SCREEN, "IDS", "TCP FIN no ACK", ("  packet dropped, tcp fin no ack",))

NULL_ZONE = Cause(  # record confirmed
    Stage.ZONE, "FLOW", "First path Ifp in Null Zone", ("  packet dropped, drop pak to null/invalid zone", NO_SESSION)
)
NOT_SYN = Cause(
    Stage.SYN_CHECK, "FLOW", "First path TCP SYN check failed", ("  packet dropped, first pak not sync", NO_SESSION)
)
NO_ROUTE = Cause(
    Stage.ROUTE,
    "FLOW",
    "First path No route",
    (
        "  DEST route-lookup failed, dropping pkt and not creating session nh: 4294967295",
        "  packet dropped, no way(tunnel) out",
        NO_SESSION,
    ),
)
ROUTE_REJECT = Cause(
    Stage.ROUTE, "FLOW", "First path Route reject", ("  packet dropped, ROUTE_REJECT_GEN_ICMP.", NO_SESSION)
)
INVALID_ZONE = Cause(  # record confirmed
    Stage.EGRESS, "FLOW", "First path Invalid zone", ("  packet dropped, drop pak to null/invalid zone", NO_SESSION)
)
DENIED = Cause(  # record confirmed, two spaces and all
    Stage.POLICY,
    "POLICY",
    "Denied by Policy  {policy}",
    ("  denied by policy {policy}({number}), dropping pkt", "  packet dropped,  policy deny.", NO_SESSION),
)
REJECTED = Cause(
    Stage.POLICY,
    "POLICY",
    "Rejected by Policy  {policy}",
    ("  denied by policy {policy}({number}), dropping pkt", "  packet dropped,  policy reject.", NO_SESSION),
)
POOL_EXHAUSTED = Cause(
    Stage.SOURCE_NAT,
    "NAT",
    "Source NAT allocation failure",
    (
        "  flow_first_src_xlate: nat_src_xlated: False, nat_src_xlate_failed: True",
        "  packet dropped, src nat failed to allocate port",
        NO_SESSION,
    ),
)
WING_TAKEN = Cause(  # record confirmed
    Stage.INSTALL, "FLOW", "First path nsp2 install failed", ("  packet dropped, nsp2 install failed", NO_SESSION)
)
TABLE_FULL = Cause(
    Stage.INSTALL, "FLOW", "First path Session limit reached", ("  packet dropped, no session available", NO_SESSION)
)
SOURCE_LIMIT = Cause(Stage.ZONE, "IDS", "Src IP session limit", ("  packet dropped, Src IP session limit", NO_SESSION))
TTL_EXPIRED = Cause(Stage.EGRESS, "FLOW", "TTL expired", ("  packet dropped, ttl expired", NO_SESSION))
TOO_LARGE = Cause(
    Stage.EGRESS,
    "FLOW",
    "Fragmentation needed but DF set",
    ("  packet dropped, fragmentation needed but DF bit set", NO_SESSION),
)
OUT_OF_WINDOW = Cause(Stage.EGRESS, "FLOW", "TCP sequence check failed", ("  packet dropped, tcp seq check failed",))
DYNAMIC_APPLICATION = Cause(  # record confirmed
    Stage.POLICY,
    "POLICY",
    "discarded by dynapp policy {policy}",
    ("  packet dropped, discarded by dynapp policy {policy}",),
)

# Which documented close reason stands for a session that interface NAT renews is in no source.
RENEWED = "other"
# What closes a session whose application a policy denies is in no source; RT_FLOW has the denial instead of a close.
APPLICATION_DENIED = "application failure or action"


def reroute_failed(lookup: str) -> Cause:
    """The new route of a session leads into another zone; ``lookup`` is the record that says so, if there is one.

    Both trace records are confirmed by a published trace; the drop record's text is synthetic.
    """
    told = "packet dropped, pak dropped since re-route failed"
    return Cause(Stage.EGRESS, "FLOW", "Re-route failed", (lookup, told) if lookup else (told,))


def in_session(trace: tuple[str, ...]) -> tuple[str, ...]:
    """The records of a drop on the fast path: nothing of a first path is told."""
    return tuple(text for text in trace if text != NO_SESSION)


def permitted(outcome: Outcome) -> Iterator[str]:
    """After the policy search of a packet that may pass."""
    assert outcome.verdict is not None
    yield f"  permitted by policy {outcome.verdict.name}({outcome.verdict.number})"
    yield "  packet passed, Permitted by policy."


def for_self(outcome: Outcome) -> Iterator[str]:
    """Before the decision on a packet to the device itself."""
    packet = outcome.packet
    yield f"  check self-traffic on {packet.interface}, in_tunnel 0x0"
    yield f"  pak_for_self : proto {packet.protocol}, dst port {packet.destination_port}, action 0x0"


def source_nat(outcome: Outcome) -> Iterator[str]:
    """Source translation, or that there is none."""
    packet = outcome.packet
    address, port = outcome.target
    new = outcome.source
    before = f"{packet.source}/{packet.source_port} -> {address}/{port}"
    if new is None:
        yield f"flow_first_src_xlate:  {before}: nat_src_xlated: False, nat_src_xlate_failed: False"
        return
    yield f"flow_first_src_xlate:  {before}: nat_src_xlated: True, nat_src_xlate_failed: False"
    yield (
        f"flow_first_src_xlate: src nat {packet.source}({packet.source_port}) to {address}({port}) returns status: 1, "
        f"rule/pool id: {new.number}/2."
    )
    yield f"  dip id = 2/0, {packet.source}/{packet.source_port}->{new.address}/{new.port}"


def built(outcome: Outcome, pointer: str) -> Iterator[str]:
    """From the last check to the installed session."""
    packet, session, hop = outcome.packet, outcome.session, outcome.hop
    assert session is not None
    assert hop is not None
    yield f"  choose interface {hop.interface} as outgoing phy if"
    yield f"is_loop_pak: No loop: on ifp: {hop.interface}, addr: {outcome.target[0]}, rtt_idx:0"
    yield "flow_first_service_lookup(): app_id, 0(0)."
    yield "  service lookup identified service 0."
    yield f"  flow_first_final_check: in <{packet.interface}>, out <{hop.interface}>"
    yield f"  Session (id:{session.session_id}) created for first pak 2"
    yield f"  flow_first_install_session======> {pointer}"
    yield "  make_nsp_ready_no_resolve()"
    yield (
        f"  route lookup: dest-ip {packet.source} orig ifp {packet.interface} output_ifp {packet.interface} "
        "orig-zone 0 out-zone 0 vsd 0"
    )
    yield "Installing c2s NP session wing"
    yield "Installing s2c NP session wing"


def post_translation(outcome: Outcome) -> Iterator[str]:
    """On the fast path of a translated session."""
    out = outcome.forwarded
    if out is not None and (out.source, out.destination) != (outcome.packet.source, outcome.packet.destination):
        yield f"  post addr xlation: {out.source}->{out.destination}."
