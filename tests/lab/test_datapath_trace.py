from __future__ import annotations

import gzip
import ipaddress
import itertools
import re

import pytest
from datapath_bench import T0, TRACE, Bench, answer, tcp

from orchestrator.lab.datapath.packet import ACK, FIN, RST, SYN
from orchestrator.lab.datapath.style import SPU_PREFIX, THREAD_PREFIX, DeviceStyle, TraceStyle
from orchestrator.lab.monitor import Filter, TraceFile
from orchestrator.lab.scenario_file import load

ONE_THREAD = DeviceStyle(trace=TraceStyle(threads=1))
LINE = re.compile(r"(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\d\d:\d\d:\d\d\.\d{6}):CID-0:RT:(.*)")


def pair(name: str, source: str, destination: str) -> Filter:
    return Filter(name, {}, source=ipaddress.ip_network(source), destination=ipaddress.ip_network(destination))


def in_order(bracket: list[str], *starts: str) -> None:
    """Every start is the beginning of a line, one after the other."""
    lines = iter(bracket)
    for start in starts:
        assert any(line.startswith(start) for line in lines), f"{start!r} is missing or out of order in {bracket}"


def test_a_permitted_first_packet_takes_the_first_path_in_the_device_order() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm()
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443"))
    (bracket,) = bench.brackets()
    assert bracket[0] == "<10.1.1.10/51000->192.0.2.80/443;6,0x0> matched filter ALL:"
    assert re.fullmatch(r"packet \[60\] ipid = 7, @0x[0-9a-f]{8}", bracket[1])
    assert re.fullmatch(
        r"---- flow_process_pkt: \(thd 1\): flow_ctxt type 15, common flag 0x0, mbuf 0x[0-9a-f]{8}, rtbl_idx = 0",
        bracket[2],
    )
    assert bracket[3] == " flow process pak fast ifl 76 in_ifp ge-0/0/0.0"
    assert bracket[4] == "  ge-0/0/0.0:10.1.1.10/51000->192.0.2.80/443, tcp, flag 2 syn"
    in_order(
        bracket,
        " find flow: table 0x",
        "  no session found, start first path. in_tunnel - 0x0, from_cp_flag - 0",
        "  flow_first_create_session",
        "  flow_first_in_dst_nat: in <ge-0/0/0.0>, out <N/A> dst_adr 192.0.2.80, sp 51000, dp 443",
        "flow_first_routing: vr_id 0, call flow_route_lookup(): src_ip 10.1.1.10, x_dst_ip 192.0.2.80",
        "Doing DESTINATION addr route-lookup",
        "  routed (x_dst_ip 192.0.2.80) from trust (ge-0/0/0.0 in 0) to ge-0/0/1.0, Next-hop: 192.0.2.80",
        "flow_first_policy_search: policy search from zone trust-> zone untrust (0x110,0xc73801bb,0x1bb)",
        "Policy lkup: vsys 0 zone(6:trust) -> zone(7:untrust) scope:0",
        "  permitted by policy trust-to-untrust(5)",
        "  flow got session.",
        "  flow session id 2",
        " vector bits 0x2 vector 0x",
        "mbuf 0x",
        " ----- flow_process_pkt rc 0x0 (fp rc 0)",
    )
    assert bracket[-1] == " ----- flow_process_pkt rc 0x0 (fp rc 0)"


def test_a_later_packet_takes_the_fast_path_with_the_session_in_hex_and_decimal() -> None:
    bench = Bench(style=DeviceStyle(trace=TraceStyle(threads=1), session_id_base=6284))
    bench.handshake("10.1.1.10:51000", "192.0.2.80:443")
    bench.arm()
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443", ACK, T0 + 1))
    (bracket,) = bench.brackets()
    in_order(
        bracket,
        "  ge-0/0/0.0:10.1.1.10/51000->192.0.2.80/443, tcp, flag 10",
        "Found: session id 0x188d. sess tok 9",
        "  flow got session.",
        "  flow session id 6285",
        " ----- flow_process_pkt rc 0x0 (fp rc 0)",
    )
    assert not any("no session found" in line for line in bracket)


def test_a_reverse_filter_on_the_untranslated_address_misses_the_replies() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm(pair("WRONG", "192.0.2.80/32", "10.1.1.10/32"), pair("RIGHT", "192.0.2.80/32", "192.0.2.1/32"))
    bench.handshake("10.1.1.10:51000", "192.0.2.80:443")
    (bracket,) = bench.brackets()
    assert [line for line in bracket if "matched filter" in line] == [
        line for line in bracket if line.endswith("matched filter RIGHT:")
    ]
    assert "tcp, flag 12 syn ack" in bracket[4]


def test_every_filter_that_matches_has_its_own_header_line() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm(Filter("A", {}), Filter("B", {"destination-port": "443"}), Filter("C", {"destination-port": "80"}))
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443"))
    (bracket,) = bench.brackets()
    assert [line.rsplit(" ", 1)[1] for line in bracket if "matched filter" in line] == ["A:", "B:"]


def test_destination_nat_is_in_the_trace_and_the_route_is_to_the_real_server() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm()
    bench.send(tcp("198.51.100.7:55000", "192.0.2.10:443"))
    (bracket,) = bench.brackets()
    in_order(
        bracket,
        "flow_first_rule_dst_xlate: DST xlate: 192.0.2.10(443) to 10.2.2.80(443), rule/pool id 1/1.",
        "  routed (x_dst_ip 10.2.2.80) from untrust (ge-0/0/1.0 in 0) to ge-0/0/2.0, Next-hop: 10.2.2.80",
        "Policy lkup: vsys 0 zone(7:untrust) -> zone(8:dmz) scope:0",
    )


def test_a_drop_for_self_ends_as_published() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm()
    bench.send(tcp("198.51.100.9:56000", "192.0.2.1:22"))
    (bracket,) = bench.brackets()
    assert bracket[-5:] == [
        " packet dropped, packet dropped: for self but not interested. ",
        "flow_initiate_first_path: first pak no session",
        "  flow find session returns error.",
        "flow_proc_rc: -1.",
        " ----- flow_process_pkt rc 0x7 (fp rc -1)",
    ]
    assert not any(line.startswith(("Policy lkup", "flow_first_policy_search")) for line in bracket)


def test_a_denied_packet_names_the_zones_and_the_policy_and_makes_no_session() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm()
    bench.send(tcp("10.1.1.10:52000", "192.0.2.25:25"))
    (bracket,) = bench.brackets()
    in_order(
        bracket,
        "Policy lkup: vsys 0 zone(6:trust) -> zone(7:untrust)",
        "  denied by policy deny-smtp(4)",
        "  packet dropped",
        " ----- flow_process_pkt rc 0x7 (fp rc -1)",
    )
    assert not any("permitted" in line or "flow session id" in line for line in bracket)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (0x02, "2 syn"),
        (0xC2, "c2 syn"),
        (0x12, "12 syn ack"),
        (0x10, "10"),
        (0x18, "18"),
        (0x11, "11 fin"),
        (0x04, "4 rst"),
    ],
)
def test_tcp_flags_are_hex_and_words(flags: int, words: str) -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm()
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443", flags))
    assert f"  ge-0/0/0.0:10.1.1.10/51000->192.0.2.80/443, tcp, flag {words}" in bench.bodies()


def test_icmp_prints_type_and_code_instead_of_ports() -> None:
    bench = Bench(style=ONE_THREAD)
    bench.arm(Filter("PING", {}, protocol=1))
    bench.play(T0, 0.5)
    bodies = bench.bodies()
    assert "  ge-0/0/0.0:10.1.1.10->192.0.2.80, icmp, (8/0)" in bodies
    assert "  ge-0/0/1.0:192.0.2.80->192.0.2.1, icmp, (0/0)" in bodies


def test_what_the_device_sends_itself_has_no_header_line() -> None:
    bench = Bench(load("symptoms"), ONE_THREAD)
    bench.arm(Filter("SELF", {"source-port": "77"}), Filter("BACK", {"interface": ".local..0"}))
    bench.play(T0, 1.0)
    request, reply = bench.brackets()
    assert "matched filter SELF:" in request[0]
    assert reply[0].startswith("flow process pak, mbuf 0x")
    assert reply[1] == " in_ifp <junos-host:.local..0>"
    assert not any("matched filter" in line for line in reply)


def test_packets_of_two_threads_interleave_line_by_line_and_each_thread_stays_in_order() -> None:
    bench = Bench(style=DeviceStyle(trace=TraceStyle(prefix=THREAD_PREFIX)))
    bench.arm()
    outcomes = [bench.send(tcp(f"10.1.1.10:{port}", "192.0.2.80:443")) for port in range(51000, 51008)]
    assert {outcome.thread for outcome in outcomes} == {1, 2}
    bench.bodies()
    lines = [line for line in bench.text().splitlines() if "CLI flow" not in line]
    threads = [re.search(r"THREAD_ID-(\d\d)", line).group(1) for line in lines]  # type: ignore[union-attr]
    changes = sum(left != right for left, right in itertools.pairwise(threads))
    assert changes > len(outcomes) * 2
    for thread in ("01", "02"):
        own = [line.split(":RT:")[1] for line, which in zip(lines, threads, strict=True) if which == thread]
        opened = None
        for body in own:
            if "matched filter" in body:
                assert opened is None
                opened = body
            elif "flow_process_pkt rc" in body:
                opened = None
        assert opened is None


def test_stamps_never_go_back_and_the_first_stamp_is_the_time_of_writing() -> None:
    bench = Bench()
    bench.arm()
    bench.play(T0, 0.2)
    bench.datapath.flush(T0 + 1.4)
    found = [LINE.fullmatch(line) for line in bench.text().splitlines()]
    assert len(found) > 100
    stamps = [match.group(2) for match in found if match]
    assert len(stamps) == len(found)
    assert stamps == sorted(stamps)
    assert found[0] is not None
    assert (found[0].group(1), stamps[0][:8]) == ("Feb  2 02:40:01", "02:40:00")


def test_lines_still_arrive_after_stop() -> None:
    bench = Bench()
    bench.arm()
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443", time=T0))
    bench.monitor.stop()
    bench.datapath.tick(T0 + 0.1)
    assert bench.text() == ""
    bench.datapath.tick(T0 + 1.0)
    assert " ----- flow_process_pkt rc 0x0 (fp rc 0)" in bench.text()


def test_nothing_is_written_when_monitoring_does_not_run() -> None:
    bench = Bench()
    bench.monitor.set_file(TraceFile("trace"))
    bench.monitor.set_filter(Filter("ALL", {}))
    bench.play(T0, 3)
    bench.datapath.flush(T0 + 60, everything=True)
    assert bench.filesystem.get(TRACE) is None
    assert bench.datapath.counters.packets > 100


def test_packets_from_before_the_start_are_not_taken() -> None:
    bench = Bench()
    bench.datapath.begin(T0)
    bench.datapath.tick(T0)
    bench.arm()
    bench.datapath.tick(T0 + 0.05)  # what was due at 0.02 and 0.04 is older than the start
    assert bench.bodies() == ["CLI flow status command recvd, subtype =1"]
    bench.datapath.tick(T0 + 0.15)
    assert len(bench.bodies()) > 10


def test_the_file_rotates_at_its_size_and_keeps_its_number_of_files() -> None:
    bench = Bench()
    bench.arm(file=TraceFile("trace", size_bytes=10240, files=3))
    bench.play(T0, 5)
    bench.datapath.flush(T0 + 60, everything=True)
    assert bench.filesystem.matching(f"{TRACE}*") == [TRACE, f"{TRACE}.0.gz", f"{TRACE}.1.gz"]
    newest = bench.filesystem.files[f"{TRACE}.0.gz"]
    older = gzip.decompress(bytes(bench.filesystem.files[f"{TRACE}.1.gz"].data)).decode()
    text = gzip.decompress(bytes(newest.data)).decode()
    assert 9000 < len(text) <= 10240
    assert text.endswith("\n")
    assert older.splitlines()[-1][16:31] <= text.splitlines()[0][16:31] <= bench.text().splitlines()[0][16:31]


@pytest.mark.parametrize(("world_readable", "mode"), [(False, 0o640), (True, 0o644)])
def test_only_root_reads_the_file_unless_it_is_world_readable(*, world_readable: bool, mode: int) -> None:
    bench = Bench()
    bench.arm(file=TraceFile("trace", world_readable=world_readable))
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443"))
    bench.bodies()
    assert (bench.filesystem.files[TRACE].owner, bench.filesystem.files[TRACE].mode) == ("root", mode)


def test_only_lines_that_match_the_expression_are_written() -> None:
    bench = Bench()
    bench.arm(file=TraceFile("trace", match="policy|dropped"))
    bench.send(tcp("10.1.1.10:52000", "192.0.2.25:25"))
    bodies = bench.bodies()
    assert len(bodies) > 2
    assert all("policy" in body or "dropped" in body for body in bodies)


def test_a_full_disk_loses_lines_and_nothing_else() -> None:
    bench = Bench()
    bench.arm()
    bench.filesystem.full = True
    outcome = bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443"))
    bench.datapath.flush(T0 + 60, everything=True)
    assert outcome.session is not None
    assert bench.datapath.counters.trace_lines == 0
    assert bench.datapath.counters.trace_lines_lost > 10


def test_an_older_release_has_no_connection_tag_and_no_0x() -> None:
    style = DeviceStyle(trace=TraceStyle(has_conn_tag=False, packet_pointer_has_0x=False, pointer_digits=8))
    bench = Bench(style=style)
    bench.arm()
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443"))
    bodies = bench.bodies()
    assert "<10.1.1.10/51000->192.0.2.80/443;6> matched filter ALL:" in bodies
    assert any(re.fullmatch(r"packet \[60\] ipid = 7, @[0-9a-f]{8}", body) for body in bodies)
    assert not any("conn-tag" in body for body in bodies)


def test_a_chassis_with_several_spus_says_which_one_in_each_line() -> None:
    style = DeviceStyle(
        trace=TraceStyle(prefix=SPU_PREFIX, cid=1), fpc_pics=((0, 1), (3, 0)), session_id_stride=10_000_000
    )
    bench = Bench(style=style)
    bench.arm()
    for port in range(51000, 51016):
        bench.send(tcp(f"10.1.1.10:{port}", "192.0.2.80:443"))
    bench.bodies()
    assert ":CID-01:FPC-00:PIC-01:THREAD_ID-0" in bench.text()
    assert ":CID-01:FPC-03:PIC-00:THREAD_ID-0" in bench.text()
    spus = {session.fpc_pic: session.session_id // 10_000_000 for session in bench.datapath.sessions.values()}
    assert spus == {(0, 1): 0, (3, 0): 1}


def test_a_reboot_loses_what_was_buffered() -> None:
    bench = Bench()
    bench.arm()
    opened, *_ = bench.handshake("10.1.1.10:51000", "192.0.2.80:443")
    bench.monitor.reboot()
    bench.datapath.reboot()
    assert bench.bodies() == []
    assert not bench.datapath.sessions
    assert bench.send(answer(opened, SYN | ACK, T0 + 1)).cause is not None


def test_fin_and_rst_are_traced_on_the_fast_path() -> None:
    bench = Bench(style=ONE_THREAD)
    opened, *_ = bench.handshake("10.1.1.10:51000", "192.0.2.80:443")
    bench.arm()
    bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443", FIN | ACK, T0 + 1))
    bench.send(answer(opened, RST, T0 + 1.1))
    first, second = bench.brackets()
    assert first[4].endswith("flag 11 fin")
    assert second[4].endswith("flag 4 rst")
    assert all(any(line == "  flow got session." for line in bracket) for bracket in (first, second))
