"""A packet capture as evidence: what it says of a conversation, what it must not say, and beside a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.analysis import packet_capture
from orchestrator.analysis.asked import Asked
from orchestrator.analysis.conversations import Conversation
from orchestrator.analysis.evidence import Evidence, Source, State
from orchestrator.analysis.gather import Input, gather, sort_out
from orchestrator.analysis.judge import judge
from orchestrator.lab.datapath.packet import ACK, SYN, Packet
from orchestrator.lab.pcap_file import Link, file_header, record
from orchestrator.model.flow import Endpoint, FlowKey
from orchestrator.model.verdict import Answer, Verdict

NOW = 1_795_478_608.0
CAME = Packet("10.1.1.10", 51000, "192.0.2.80", 443, 6, "ge-0/0/0.0", NOW, SYN, 60, ip_id=65, sequence=1000)
LEFT = replace(CAME, source="192.0.2.1", source_port=2106, interface="ge-0/0/1.0", ttl=63)
ANSWER = Packet("192.0.2.80", 443, "192.0.2.1", 2106, 6, "ge-0/0/1.0", NOW + 0.02, SYN | ACK, 60, ip_id=9, sequence=5)
ANSWERED = replace(ANSWER, destination="10.1.1.10", destination_port=51000, interface="ge-0/0/0.0", ttl=63)
BOTH_WAYS = [(CAME, True), (LEFT, False), (ANSWER, True), (ANSWERED, False)]
PLAIN_LEFT = replace(CAME, interface="ge-0/0/1.0", ttl=63)
KEY = FlowKey("10.1.1.10", 51000, "192.0.2.80", 443, 6)
ASKED = Asked(source=Endpoint.parse("10.1.1.10"), destination=Endpoint.parse("192.0.2.80:443"))
Sightings = list[tuple[Packet, bool]]

HEAD = "Nov 24 00:03:29 00:03:28.287534:CID-0:THREAD_ID-02:LSYS_ID-00:RT:"
TRACE_OF_DROP = (
    "<10.1.1.10/51000->192.0.2.80/443;6,0x0> matched filter f:",
    "packet [60] ipid = 65, @0x43",
    "---- flow_process_pkt: (thd 2): flow_ctxt type 15, common flag 0x0, mbuf 0x43, rtbl_idx = 0",
    " flow process pak fast ifl 70 in_ifp ge-0/0/0.0",
    "  ge-0/0/0.0:10.1.1.10/51000->192.0.2.80/443, tcp, flag 2 syn",
    "  denied by policy deny-web(4), dropping pkt",
    "  packet dropped,   policy deny.",
    " ----- flow_process_pkt rc 0x7 (fp rc -1)",
)


def write(folder: Path, sightings: Sightings, link: Link = "juniper-ethernet") -> Path:
    path = folder / "orc-x.pcap"
    path.write_bytes(file_header(link, 256) + b"".join(record(one, link, 256, arrives=came) for one, came in sightings))
    return path


def passage(path: Path, *names: tuple[FlowKey, bool]) -> packet_capture.Passage:
    capture = gather([Input(path, "pcap")], ASKED).capture
    assert capture is not None
    return packet_capture.passage(capture, Conversation(KEY, keys=dict(names) or {KEY: False}))


def counts(found: packet_capture.Passage) -> tuple[int, int, int, int]:
    return found.there.arrived, found.there.left, found.back.arrived, found.back.left


def answered(folder: Path, sightings: Sightings, trace: tuple[str, ...] | None = None) -> Answer:
    inputs = [Input(write(folder, sightings), "pcap")]
    if trace is not None:
        path = folder / "trace"
        path.write_text("".join(f"{HEAD}{line}\n" for line in trace))
        inputs.append(Input(path, "flow_trace"))
    return judge(ASKED, gather(inputs, ASKED)).answer


def test_directions_and_the_names_nat_gave_are_found_in_the_capture_itself(tmp_path: Path) -> None:
    found = passage(write(tmp_path, BOTH_WAYS))
    assert counts(found) == (1, 1, 1, 1)
    assert [line.number for line in found.lines] == [1, 2, 3, 4]
    assert "left by ge-0/0/1.0 192.0.2.1/2106" in found.lines[1].text


def test_without_directions_the_smaller_ttl_tells_what_left(tmp_path: Path) -> None:
    path = write(tmp_path, [(CAME, True), (PLAIN_LEFT, False)], "ethernet")
    assert counts(passage(path)) == (1, 1, 0, 0)


def test_a_retransmission_is_no_departure(tmp_path: Path) -> None:
    again = replace(CAME, time=NOW + 0.05)
    late = replace(CAME, time=NOW + 3, ttl=63)  # over another path, seconds later
    assert counts(passage(write(tmp_path, [(CAME, True), (again, True), (late, True)], "ethernet"))) == (3, 0, 0, 0)


def test_another_conversation_is_not_counted(tmp_path: Path) -> None:
    other = replace(CAME, source_port=51001, ip_id=66)
    assert counts(passage(write(tmp_path, [(other, True), (replace(other, ttl=63), False)]))) == (0, 0, 0, 0)


def test_replies_under_a_translated_name_of_the_trace_are_its_replies(tmp_path: Path) -> None:
    reply = FlowKey("192.0.2.80", 443, "192.0.2.1", 2106, 6)
    found = passage(write(tmp_path, BOTH_WAYS[2:]), (KEY, False), (reply, True))
    assert counts(found) == (0, 0, 1, 1)


def test_a_source_that_was_not_read_is_never_the_same_as_empty(tmp_path: Path) -> None:
    assert gather([], ASKED).capture is None
    assert gather([], ASKED).states[-1].state is State.NOT_AVAILABLE
    empty = gather([Input(write(tmp_path, []), "pcap")], ASKED)
    assert (empty.capture is not None, empty.states[-1].name, empty.states[-1].state) == (
        True, Source.CAPTURE, State.EMPTY,
    )  # fmt: skip


def test_a_cut_capture_counts_what_it_holds_and_says_that_it_is_cut(tmp_path: Path) -> None:
    path = write(tmp_path, BOTH_WAYS)
    path.write_bytes(path.read_bytes()[:-9])
    evidence = gather(sort_out([path]), ASKED)
    assert evidence.states[-1].says == "3 packets; the capture is cut in the middle of a packet: its end is missing"


def test_a_file_that_is_none_does_not_spoil_the_other_sources(tmp_path: Path) -> None:
    path = tmp_path / "orc-x"
    path.write_text("error: no such file\n")
    evidence = gather([Input(path, "pcap")], ASKED)
    assert "could not be read" in evidence.states[-1].says


def test_packets_that_left_are_permitted_and_only_likely(tmp_path: Path) -> None:
    answer = answered(tmp_path, BOTH_WAYS)
    assert (answer.verdict, answer.certainty) == (Verdict.PERMITTED, "likely")
    assert [one.symptom for one in answer.findings] == ["packet-capture"]


def test_packets_that_only_arrived_leave_it_open(tmp_path: Path) -> None:
    answer = answered(tmp_path, BOTH_WAYS[:1])
    assert (answer.verdict, "a flow trace" in answer.missing[0]) == (Verdict.INCONCLUSIVE, True)


def test_a_drop_whose_packets_only_arrived_is_not_contradicted(tmp_path: Path) -> None:
    answer = answered(tmp_path, BOTH_WAYS[:1], TRACE_OF_DROP)
    assert (answer.verdict, answer.contradictions) == (Verdict.DENIED, ())
    assert answer.findings[-1].symptom == "packet-capture"


def test_a_drop_whose_packets_left_is_contradicted(tmp_path: Path) -> None:
    answer = answered(tmp_path, [(CAME, True), (PLAIN_LEFT, False)], TRACE_OF_DROP)
    assert answer.verdict is Verdict.INCONCLUSIVE
    assert "leaving" in answer.contradictions[0]


def test_a_capture_of_another_day_contradicts_nothing(tmp_path: Path) -> None:
    week = 7 * 86400 + 500
    old = [(replace(one, time=one.time - week), came) for one, came in [(CAME, True), (PLAIN_LEFT, False)]]
    answer = answered(tmp_path, old, TRACE_OF_DROP)
    assert (answer.verdict, answer.contradictions) == (Verdict.DENIED, ())
    assert any("of another" in text for text in answer.missing)


@pytest.mark.parametrize(("sightings", "verdict"), [(BOTH_WAYS, Verdict.INCONCLUSIVE), ([], Verdict.NOT_SEEN)])
def test_a_trace_that_saw_nothing_is_held_against_the_capture(
    tmp_path: Path, sightings: Sightings, verdict: Verdict
) -> None:
    evidence: Evidence = gather([Input(write(tmp_path, sightings), "pcap")], ASKED)
    evidence.packets = []
    answer = judge(ASKED, evidence).answer
    assert answer.verdict is verdict
    assert bool(answer.contradictions) is bool(sightings)
    assert ("nor by the packet capture" in answer.sentence) is not bool(sightings)
