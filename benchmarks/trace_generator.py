"""A flow trace of any size, the same for the same seed: permits, denies, drops, NAT, fast path, ICMP, host-bound.

The first half names threads in its headers, and the lines of four threads interleave; the second half has the header of
older releases, one packet at a time. About fifty flows per megabyte; the wordings are those of the parser's tests.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_THREADS = 4
_LONGEST_BURST = 12
_FLOWS_PER_MEGABYTE = 50
_ZONES = (("trust", "untrust", "ge-0/0/0.0", "ge-0/0/1.0"), ("dmz", "trust", "xe-1/0/2.100", "reth0.10"))
_GOOD, _BAD = " ----- flow_process_pkt rc 0x0 (fp rc 0)", " ----- flow_process_pkt rc 0x7 (fp rc -1)"


@dataclass(slots=True)
class _Flow:
    kind: str
    source: str
    sport: int
    target: str
    dport: int
    session: int
    zones: tuple[str, str, str, str]
    filter: str
    met: bool = False


class _Maker:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.number = 0
        self.clock = 36_000_000_000  # microseconds of the day
        self.flows: list[_Flow] = []
        kinds: dict[str, tuple[int, Callable[[_Flow, str], list[str]]]] = {
            "permit": (60, self._permit), "deny": (20, self._deny), "reroute": (5, self._reroute),
            "syn": (5, self._syn), "self": (5, self._self), "host": (5, self._host),
        }  # fmt: skip
        self._bodies = {kind: body for kind, (_, body) in kinds.items()}
        self._kinds, self._weights = list(kinds), [weight for weight, _ in kinds.values()]

    def new_flow(self) -> None:
        rng = self.rng
        source = f"10.{rng.randrange(4)}.{rng.randrange(256)}.{rng.randrange(256)}"
        target, port = f"192.0.2.{rng.randrange(256)}", rng.choice((22, 53, 80, 443, 8443))
        kind, zones, name = rng.choices(self._kinds, self._weights)[0], rng.choice(_ZONES), rng.choice(("OUT", "BOTH"))
        number = 10_000 + len(self.flows)
        self.flows.append(_Flow(kind, source, rng.randrange(1024, 65536), target, port, number, zones, name))

    def packet(self, thread: int) -> list[str]:
        self.number += 1
        # Most packets are of the flows of the last minutes.
        flow = self.flows[-1 - int(len(self.flows) * self.rng.random() ** 3)]
        mbuf = f"0x{0x43000000 + self.number * 0x40 % 0x1000000:x}"
        lines = [] if flow.kind == "host" else self._head(flow, mbuf, thread)
        return lines + self._bodies[flow.kind](flow, mbuf)

    def stamp(self) -> str:
        self.clock += self.rng.randrange(1, 9)
        seconds, micros = divmod(self.clock, 1_000_000)
        clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"Mar  4 {clock} {clock}.{micros:06}"

    def _head(self, f: _Flow, mbuf: str, thread: int) -> list[str]:
        ends = f"{f.source}/{f.sport}->{f.target}/{f.dport}"
        flags = self.rng.choice(("10 ack", "18 psh ack", "11 fin ack")) if f.met else "2 syn"
        words = f"sa {f.source}, da {f.target}, sp {f.sport}, dp {f.dport}, proto 6, tok 9"
        return [
            f"<{ends};6> matched filter {f.filter}:",
            f"packet [{self.rng.choice((52, 64, 1500))}] ipid = {self.number % 65536}, @{mbuf}",
            f"---- flow_process_pkt: (thd {thread}): flow_ctxt type 15, common flag 0x0, mbuf {mbuf}, rtbl_idx = 0",
            f" flow process pak fast ifl 76 in_ifp {f.zones[2]}",
            f"  {f.zones[2]}:{ends}, tcp, flag {flags}",
            f" find flow: table 0x5258d7b0, hash {self.number * 7 % 65536}(0xffff), {words}",
        ]

    def _first(self, f: _Flow) -> list[str]:
        from_zone, to_zone, arrives, leaves = f.zones
        ports = f"(0x110,0x{f.sport << 16 | f.dport:x},0x{f.dport:x})"
        routing = f"in ifp {f.zones[2]}, out ifp N/A sp {f.sport}, dp {f.dport}, ip_proto 6, tos 0"
        return [
            "  no session found, start first path. in_tunnel - 0x0, from_cp_flag - 0",
            "  flow_first_create_session",
            f"  flow_first_in_dst_nat: in <{f.zones[2]}>, out <N/A> dst_adr {f.target}, sp {f.sport}, dp {f.dport}",
            f"  chose interface {f.zones[2]} as incoming nat if.",
            f"flow_first_rule_dst_xlate: DST xlate: {f.target}({f.dport}) to 10.9.0.1({f.dport}), rule/pool id 1/1.",
            f"flow_first_routing: vr_id 0, call flow_route_lookup(): src_ip {f.source}, x_dst_ip {f.target}, {routing}",
            "Doing DESTINATION addr route-lookup",
            f"  routed (x_dst_ip {f.target}) from {from_zone} ({arrives} in 0) to {leaves}, Next-hop: {f.target}",
            f"flow_first_policy_search: policy search from zone {from_zone}-> zone {to_zone} {ports}",
            f"Policy lkup: vsys 0 zone(9:{from_zone}) -> zone(18:{to_zone}) scope:0",
        ]

    def _permit(self, f: _Flow, mbuf: str) -> list[str]:
        end = [
            "  flow got session.",
            f"  flow session id {f.session}",
            " vector bits 0x2 vector 0x45ace0a0",
            f"  tcp flags 0x2, flag 0x2, tcp seq {self.number}, ack 0",
            f"  post addr xlation: 203.0.113.5->{f.target}.",
            "  encap vector",
            "  no more encapping needed",
            f"mbuf {mbuf}, exit nh 0x1f0010",
            _GOOD,
        ]
        if f.met:
            return [f"Found: session id 0x{f.session:x}. sess tok 2", *end]
        f.met = True
        return [*self._first(f), *self._session(f), *end]

    def _session(self, f: _Flow) -> list[str]:
        return [
            "  app 0, timeout 1800s, curr ageout 20s",
            "  permitted by policy web(7)",
            "  packet passed, Permitted by policy.",
            "flow_first_src_xlate:  nat_src_xlated: True, nat_src_xlate_failed: False",
            f"  dip id = 2/0, {f.source}/{f.sport}->203.0.113.5/{f.session % 60000 + 1024}",
            f"  choose interface {f.zones[3]} as outgoing phy if",
            f"is_loop_pak: No loop: on ifp: {f.zones[3]}, addr: {f.target}, rtt_idx:0",
            "sm_flow_interest_check: app_id 0, policy 7, app_svc_en 0, flags 0x2. not interested",
            "flow_first_service_lookup(): natp(0x4d2f6f08): app_id, 0(0).",
            "  service lookup identified service 0.",
            f"  flow_first_final_check: in <{f.zones[2]}>, out <{f.zones[3]}>",
            "  existing vector list 0x2-0x45ace0a0.",
            f"  Session (id:{f.session}) created for first pak 2",
            "  flow_first_install_session======> 0x4d2f6f08",
            f" nsp 0x4d2f6f08, nsp2 0x{0x4D000000 + f.session * 64:x}",
            "  make_nsp_ready_no_resolve()",
            f"  route lookup: dest-ip {f.source} orig ifp {f.zones[2]} output_ifp {f.zones[2]} orig-zone 9 vsd 0",
            f"  route to {f.source}",
            "Installing c2s NP session wing",
            "Installing s2c NP session wing",
        ]

    def _deny(self, f: _Flow, _: str) -> list[str]:
        said = ["  denied by policy default-deny(2), dropping pkt", "  packet dropped, denied by policy"]
        return [*self._first(f), *said, "  flow find session returns error.", _BAD]

    def _reroute(self, f: _Flow, _: str) -> list[str]:
        failed = (
            f"route lookup failed: dest-ip {f.target} orig ifp {f.zones[3]} output_ifp {f.zones[2]} fto 0x45ace0 vsd 0"
        )
        found = f"Found: session id 0x{f.session:x}. sess tok 2"
        return [found, failed, "  packet dropped, pak dropped since re-route failed", _BAD]

    def _syn(self, f: _Flow, _: str) -> list[str]:
        return [*self._first(f)[:2], "  packet dropped, first pak not sync", "  flow find session returns error.", _BAD]

    def _self(self, f: _Flow, _: str) -> list[str]:
        said = [" packet dropped, packet dropped: for self but not interested. "]
        return [*self._first(f)[:4], *said, "flow_proc_rc: -1.", _BAD]

    def _host(self, f: _Flow, mbuf: str) -> list[str]:
        return [
            f"flow process pak, mbuf {mbuf}, ifl 0, ctxt_type 0 inq type 5",
            " in_ifp <junos-host:.local..0>",
            f"  .local..0:{f.source}->{f.target}, icmp, (0/0)",
            f" find flow: table 0x5258d7b0, hash 1(0xffff), sa {f.source}, da {f.target}, sp 0, dp 0, proto 1, tok 2",
            f"Found: session id 0x{f.session:x}. sess tok 2",
            f"mbuf {mbuf}, exit nh 0x1f0010",
            _GOOD,
        ]


def lines(size: int, seed: int) -> Iterator[str]:
    """Lines of about ``size`` bytes."""
    maker, done, rng = _Maker(seed), 0, random.Random(seed + 1)
    waiting: list[list[str]] = [[] for _ in range(_THREADS)]
    threads = True
    while done < size:
        if threads and done >= size / 2:
            threads, waiting = False, [[]]
        while len(maker.flows) <= done * _FLOWS_PER_MEGABYTE / 1e6:
            maker.new_flow()
        thread = rng.randrange(len(waiting))
        waiting[thread] = waiting[thread] or maker.packet(thread)
        burst = rng.randint(1, _LONGEST_BURST) if threads else 99
        head = f":CID-0:THREAD_ID-{thread + 1:02}:LSYS_ID-00:RT:" if threads else ":CID-0:RT:"
        text = "".join(f"{maker.stamp()}{head}{body}\n" for body in waiting[thread][:burst])
        del waiting[thread][:burst]
        done += len(text)
        yield text


def write(path: Path, size: int, seed: int = 1) -> None:
    """Write a trace of about ``size`` bytes."""
    file: IO[str]
    with path.open("w", encoding="ascii") as file:
        file.writelines(lines(size, seed))
