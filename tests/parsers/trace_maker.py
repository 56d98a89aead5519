"""Traces with a known truth: packets of several threads, their lines shuffled together in bursts."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    source: str
    source_port: int
    outcome: str
    reason: str
    policy: str
    session_id: int | None


def bodies(rng: random.Random, number: int, thread: int) -> tuple[Truth, list[str]]:
    """The bodies of one packet and what is true of it."""
    source, sport = f"10.1.{rng.randrange(4)}.{rng.randrange(1, 60)}", 20000 + number
    target, mbuf = f"192.0.2.{rng.randrange(1, 9)}", f"0x{0x43000000 + number * 0x200:x}"
    session = 1000 + number
    tuple_words = f"sa {source}, da {target}, sp {sport}, dp 443, proto 6, tok 9"
    lines = [
        f"<{source}/{sport}->{target}/443;6> matched filter OUT:",
        f"packet [64] ipid = {number}, @{mbuf[:-2]}9c",
        f"---- flow_process_pkt: (thd {thread}): flow_ctxt type 15, common flag 0x0, mbuf {mbuf}, rtbl_idx = 0",
        " flow process pak fast ifl 76 in_ifp ge-0/0/0.0",
        f"  ge-0/0/0.0:{source}/{sport}->{target}/443, tcp, flag 2 syn",
        f" find flow: table 0x5258d7b0, hash 17008(0xffff), {tuple_words}",
    ]
    kind = rng.choice(["permit", "deny", "fast"])
    if kind == "fast":
        lines += [f"Found: session id 0x{session:x}. sess tok 2", "  flow got session.", f"  flow session id {session}"]
        lines += [" vector bits 0x2 vector 0x45ace0a0", f"mbuf {mbuf}, exit nh 0x1f0010"]
        return Truth(source, sport, "forwarded", "", "", session), [*lines, " ----- flow_process_pkt rc 0x0 (fp rc 0)"]
    routing = f"in ifp ge-0/0/0.0, out ifp N/A sp {sport}, dp 443, ip_proto 6, tos 0"
    lines += [
        "  no session found, start first path. in_tunnel - 0x0, from_cp_flag - 0",
        "  flow_first_create_session",
        f"  flow_first_in_dst_nat: in <ge-0/0/0.0>, out <N/A> dst_adr {target}, sp {sport}, dp 443",
        "  chose interface ge-0/0/0.0 as incoming nat if.",
        f"flow_first_routing: vr_id 0, call flow_route_lookup(): src_ip {source}, x_dst_ip {target}, {routing}",
        "Doing DESTINATION addr route-lookup",
        f"  routed (x_dst_ip {target}) from trust (ge-0/0/0.0 in 0) to ge-0/0/1.0, Next-hop: {target}",
        f"flow_first_policy_search: policy search from zone trust-> zone untrust (0x110,0x{sport:x}01bb,0x1bb)",
        "Policy lkup: vsys 0 zone(9:trust) -> zone(18:untrust) scope:0",
    ]
    if kind == "deny":
        lines += ["  packet dropped, denied by policy", "  flow find session returns error."]
        return Truth(source, sport, "dropped", "denied by policy", "", None), [
            *lines, " ----- flow_process_pkt rc 0x7 (fp rc -1)",
        ]  # fmt: skip
    lines += [
        "  permitted by policy web(7)",
        "  packet passed, Permitted by policy.",
        f"  dip id = 2/0, {source}/{sport}->203.0.113.5/{number % 60000 + 1024}",
        f"  Session (id:{session}) created for first pak 2",
        "  flow got session.",
        f"  flow session id {session}",
        f"mbuf {mbuf}, exit nh 0x1f0010",
        " ----- flow_process_pkt rc 0x0 (fp rc 0)",
    ]
    return Truth(source, sport, "forwarded", "", "web", session), lines


def trace(seed: int, packets: int, threads: int, longest_burst: int, *, named: bool) -> tuple[list[Truth], str]:
    """A trace of so many packets; ``named`` puts the thread into the header."""
    rng = random.Random(seed)
    truths: list[Truth] = []
    running: list[list[str]] = [[] for _ in range(threads)]
    out: list[str] = []
    stamp = 100000
    while len(truths) < packets or any(running):
        thread = rng.randrange(threads)
        if not running[thread]:
            if len(truths) >= packets:
                continue
            truth, running[thread] = bodies(rng, len(truths), thread)
            truths.append(truth)
        burst = rng.randint(1, longest_burst)
        taken, running[thread] = running[thread][:burst], running[thread][burst:]
        header = f"CID-0:THREAD_ID-0{thread}" if named else "CID-0"
        stamp += 1
        at = f"12:{stamp // 60_000_000 % 60:02}:{stamp // 1_000_000 % 60:02}.{stamp % 1_000_000:06}"
        out += [f"Mar  4 {at[:8]} {at}:{header}:RT:{body}" for body in taken]
    return truths, "\n".join(out) + "\n"
