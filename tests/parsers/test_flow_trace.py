"""What a trace tells beyond the cases under ``tests/data/flow_trace``."""

import gzip
import random
from datetime import UTC, datetime

import pytest
from trace_maker import bodies, trace

from orchestrator.errors import ParseError
from orchestrator.model.flow_trace import Outcome
from orchestrator.parsers import flow_trace
from orchestrator.parsers.source import Source


def stamped(lines: list[str], stamp: str = "10:00:00.000001", header: str = "CID-0") -> str:
    return "".join(f"Mar  4 {stamp[:8]} {stamp}:{header}:RT:{line}\n" for line in lines)


def packets(text: str):
    return list(flow_trace.parse(Source.of_text(text)))


def facts(packet):
    return (
        packet.key.source,
        packet.key.source_port,
        str(packet.outcome),
        packet.reason,
        packet.policy,
        packet.session_id,
    )


def true_facts(truth):
    return truth.source, truth.source_port, truth.outcome, truth.reason, truth.policy, truth.session_id


@pytest.mark.parametrize(("threads", "burst"), [(2, 25), (2, 8), (2, 3), (4, 25), (4, 3), (8, 8), (2, 1)])
def test_interleaved_threads_are_told_apart_or_marked_ambiguous(threads, burst):
    truths, text = trace(seed=threads * 100 + burst, packets=400, threads=threads, longest_burst=burst, named=False)
    found = packets(text)
    expected = {(truth.source, truth.source_port): true_facts(truth) for truth in truths}
    assert len(found) == len(truths)
    wrong = [packet for packet in found if not packet.ambiguous and facts(packet) != expected[facts(packet)[:2]]]
    assert wrong == []


def test_long_bursts_leave_most_packets_certain():
    _, text = trace(seed=1, packets=400, threads=2, longest_burst=25, named=False)
    assert sum(packet.ambiguous for packet in packets(text)) < 80


def test_threads_named_in_the_header_are_never_ambiguous():
    truths, text = trace(seed=3, packets=300, threads=4, longest_burst=2, named=True)
    found = packets(text)
    assert not any(packet.ambiguous for packet in found)
    assert sorted(map(facts, found), key=str) == sorted(map(true_facts, truths), key=str)


def test_one_packet_at_a_time_is_never_ambiguous_even_when_ends_are_missing():
    rng = random.Random(4)
    text = ""
    for number in range(50):
        _, lines = bodies(rng, number, thread=1)
        text += stamped(lines[:-1] if number % 5 == 0 else lines, f"10:00:{number:02}.000001")
    reading = flow_trace.parse(Source.of_text(text))
    found = list(reading)
    assert len(found) == 50
    assert not any(packet.ambiguous for packet in found)
    assert reading.stats.truncated == 10


def test_a_cut_bracket_is_unknown_and_not_a_drop():
    _, lines = bodies(random.Random(1), 1, thread=1)
    reading = flow_trace.parse(Source.of_text(stamped(lines[:6])))
    assert [packet.outcome for packet in reading] == [Outcome.UNKNOWN]
    assert reading.stats.truncated == 1


def test_a_packet_continues_in_the_next_file_of_a_rotated_set(tmp_path):
    _, text = trace(seed=9, packets=40, threads=1, longest_burst=9, named=False)
    lines = text.splitlines(keepends=True)
    for name, part in (("t.1.gz", lines[:300]), ("t.0.gz", lines[300:501]), ("t", lines[501:])):
        data = "".join(part).encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    ordered = flow_trace.in_order([tmp_path / "t", tmp_path / "t.0.gz", tmp_path / "t.1.gz"])
    assert [path.name for path in ordered] == ["t.1.gz", "t.0.gz", "t"]
    pieces = list(flow_trace.parse(*(Source.of_path(path) for path in ordered)))
    assert [facts(packet) for packet in pieces] == [facts(packet) for packet in packets(text)]
    assert len({line.file for packet in pieces for line in packet.lines}) == 3


def test_in_order_sorts_numbers_as_numbers():
    names = ["a", "a.0.gz", "a.10.gz", "a.2", "b.log.1.gz", "b.log"]
    assert flow_trace.in_order(names) == ["a.10.gz", "a.2", "a.0.gz", "a", "b.log.1.gz", "b.log"]


def test_a_month_later_than_the_file_belongs_to_the_year_before():
    source = Source.of_text("Dec 31 10:00:00 10:00:00.000001:CID-0:RT:<10.0.0.1/5->10.0.0.2/6;17> matched filter A:\n")
    source.modified = datetime(2025, 1, 2, tzinfo=UTC)
    assert [packet.time.year for packet in flow_trace.parse(source)] == [2024]


def test_the_same_filter_twice_is_two_packets_and_two_filters_are_one():
    head = "<10.0.0.1/5->10.0.0.2/6;17> matched filter {}:"
    assert [p.filter for p in packets(stamped([head.format("A"), head.format("B")]))] == ["A,B"]
    assert [p.filter for p in packets(stamped([head.format("A"), head.format("A")]))] == ["A", "A"]


def test_records_run_together_on_one_line_are_split():
    _, lines = bodies(random.Random(2), 1, thread=1)
    together = stamped(lines).replace("\n", "")
    assert [facts(packet) for packet in packets(together)] == [facts(packet) for packet in packets(stamped(lines))]


def test_a_trace_without_filter_lines_still_gives_packets():
    _, lines = bodies(random.Random(2), 1, thread=1)
    found = packets(stamped(lines[1:]))
    assert [packet.key.destination_port for packet in found] == [443]
    assert found[0].outcome is not Outcome.UNKNOWN


def test_records_that_belong_to_no_packet_are_counted():
    reading = flow_trace.parse(Source.of_text(stamped(["  permitted by policy web(7)"])))
    assert list(reading) == []
    assert reading.stats.orphans == 1


def test_unknown_lines_are_counted_and_unread_wordings_stay_with_their_packet():
    _, lines = bodies(random.Random(2), 1, thread=1)
    text = stamped([*lines[:3], "a wording of tomorrow", *lines[3:]]) + "not a trace line\n"
    reading = flow_trace.parse(Source.of_text(text))
    (packet,) = reading
    assert any("tomorrow" in line.text for line in packet.lines)
    assert (reading.stats.unread, reading.stats.unrecognised) == (1, 1)
    assert reading.stats.samples[0].text == "not a trace line"


def test_a_trace_inside_an_xml_reply_is_read():
    _, lines = bodies(random.Random(2), 1, thread=1)
    text = stamped(lines)
    inner = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    reply = f'<rpc-reply><file-content filename="/var/log/t" seconds="1700000000">\n{inner}</file-content></rpc-reply>'
    found = packets(reply)
    assert [facts(packet) for packet in found] == [facts(packet) for packet in packets(text)]
    assert found[0].time.year == 2023


@pytest.mark.parametrize("text", ["", "\n\n", stamped(["CLI flow status command recvd, subtype =1"])])
def test_an_empty_trace_is_no_error(text):
    assert packets(text) == []


@pytest.mark.parametrize(
    "text", ["Total sessions: 0\n", "<rpc-reply><flow-session-information/></rpc-reply>", "\x01\x02ab"]
)
def test_something_else_is_an_error_with_its_place(text):
    with pytest.raises(ParseError) as caught:
        packets(text)
    assert caught.value.line == 1
    assert caught.value.hint
