"""The session table: two readers that agree, and where a record came from."""

import gzip
import random
import re
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from orchestrator.errors import ParseError
from orchestrator.model.flow_session import FlowSession, SessionSummary, Wing
from orchestrator.model.place import Place
from orchestrator.parsers import packet_drop, session_table, session_table_blocks
from orchestrator.parsers.excerpt import excerpt
from orchestrator.parsers.record_maker import maker
from orchestrator.parsers.source import Source

sys.path[:0] = [str(Path(__file__).parents[1] / "fuzz"), str(Path(__file__).parents[2] / "benchmarks")]

from fuzz_session_table import PIECES, differs, mutated, outcome  # noqa: E402 - beside the tests, not installed
from session_maker import table  # noqa: E402 - the same

DATA = Path(__file__).parents[1] / "data"
XML = sorted((DATA / "session_table").glob("*/input.xml"))
SMALL = "".join(table(4)).encode()


def cut_out(records: list) -> int:
    """How many sessions did not go through the XML parser."""
    return sum(1 for each in records if each.place.line is None)


@pytest.mark.parametrize("path", XML, ids=lambda path: path.parent.name)
def test_both_readers_agree_on_every_case(path):
    assert differs(path.read_bytes()) == ""


def test_plain_sessions_do_not_reach_the_xml_parser():
    records = list(session_table.parse(Source.of_bytes("".join(table(500)).encode())))
    assert len(records) == cut_out(records) == 500


@pytest.mark.parametrize("chunk", [1, 61, 700, 5000])
def test_the_edges_of_chunks_may_fall_anywhere(chunk, monkeypatch):
    data = "".join(table(12)).encode()
    expected = outcome(session_table.parse_slowly, data)
    monkeypatch.setattr(session_table_blocks, "_CHUNK_BYTES", chunk)
    monkeypatch.setattr(
        Source, "blocks", lambda self: (self.data[at : at + chunk] for at in range(0, len(self.data), chunk))
    )
    assert outcome(session_table.parse, data) == expected
    assert cut_out(expected[0]) == 0


@pytest.mark.parametrize("odd", [
    "&amp;", "&lt;", "&#65;", "&nonsense;", "<!-- x -->", "<![CDATA[x]]>", "<x/>", "<x>y</x>", "<a:b>c</a:b>", "\x00",
    "caf\u00e9", "user@fw> ", "{primary:node0}", "\n" + "-" * 30 + "\n", "---(more 45%)---", "a\nb", "<?x y?>", "\t",
])  # fmt: skip
@pytest.mark.parametrize(
    "where", ["<policy>\n", "<direction>\n", "</direction>", "</flow-session>", "<flow-session junos"]
)
def test_what_is_not_plain_is_read_by_the_xml_parser(odd, where):
    text = SMALL.decode()
    at = [found.start() for found in re.finditer(where, text)][1] + (0 if where.endswith("junos") else len(where))
    data = (text[:at] + odd + text[at:]).encode()
    assert differs(data) == ""


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), path=st.sampled_from(XML), pieces=st.lists(st.sampled_from(PIECES), max_size=3))
def test_both_readers_agree_on_whatever_became_of_a_reply(seed, path, pieces):
    chance = random.Random(seed)
    data = mutated(chance, chance.choice((SMALL, path.read_bytes())))
    for piece in pieces:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + piece + data[at:]
    assert differs(data) == ""


def test_a_mark_that_somebody_wrote_into_a_reply_is_an_ordinary_attribute():
    text = SMALL.decode().replace('<flow-session junos:style="brief">', '<flow-session run="0000-1">', 1)
    records = list(session_table.parse(Source.of_text(text)))
    assert [each.session_id & 0xFF for each in records] == [1, 2, 3, 4]
    assert cut_out(records) == 3


def test_a_document_type_is_refused_behind_any_number_of_sessions():
    text = SMALL.decode() * 40 + '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
    with pytest.raises(ParseError):
        list(session_table.parse(Source.of_text(text)))


def test_blanks_by_the_hundred_thousand_take_no_time():
    for blank in (" ", "\n", "\t", "\r\n", "x "):
        text = SMALL.decode().replace("Null", blank * 100_000 + "&amp;")
        began = time.process_time()
        assert len(list(session_table.parse(Source.of_text(text)))) == 4
        assert time.process_time() - began < 2


def test_shapes_that_differ_each_time_cost_no_more_than_the_xml_parser_does():
    one = "<flow-session><session-identifier>{}</session-identifier><a{}>x</a{}></flow-session>"
    text = "<rpc-reply>" + "".join(one.format(n, n, n) for n in range(3000)) + "</rpc-reply>"
    records = list(session_table.parse(Source.of_text(text)))
    assert [each.session_id for each in records] == list(range(3000))
    assert 0 < cut_out(records) < 20
    assert records[7].extra == {"a7": "x"}


def test_the_reader_streams_through_the_blocks():
    data = "".join(table(3000)).encode()
    tracemalloc.start()
    count = sum(1 for _ in session_table.parse(Source.of_bytes(data)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000
    assert peak < 5_000_000


def test_a_session_knows_the_bytes_it_was_read_from():
    data = "\u00e4".encode() + SMALL
    source = Source.of_bytes(data, "reply.xml")
    for session in session_table.parse(source):
        text = excerpt(source, session.place)
        assert session.place.file == "reply.xml"
        assert text.startswith("<flow-session ")
        assert text.endswith("</flow-session>")
        assert f"\n{session.session_id}\n" in text


def test_places_in_a_compressed_file_are_those_of_its_content(tmp_path):
    path = tmp_path / "sessions.xml.gz"
    path.write_bytes(gzip.compress("".join(table(400)).encode()))
    source = Source.of_path(path)
    last = list(session_table.parse(source))[-1]
    assert f"\n{last.session_id}\n" in excerpt(source, last.place)


def test_a_session_that_the_xml_parser_read_knows_its_lines():
    text = SMALL.decode().replace("\nNull\n", "\n&lt;\n", 2)
    source = Source.of_text(text)
    records = list(session_table.parse(source))
    assert cut_out(records) < 4
    for session in records:
        found = excerpt(source, session.place)
        assert f"{session.session_id}" in found
        assert found.count("<flow-session ") == 1
        assert found.rstrip().endswith("</flow-session>")


def test_a_session_of_the_text_form_knows_its_lines():
    source = Source.of_path(DATA / "session_table" / "text_high_end" / "input.txt")
    first, second = session_table.parse(source)
    assert first.place.line == 3
    assert excerpt(source, second.place).splitlines()[0].startswith("Session ID: 120021158,")
    assert len(excerpt(source, second.place).splitlines()) == 3


def test_summaries_and_drops_know_their_place():
    source = Source.of_path(DATA / "session_table" / "xml_summary_per_pic" / "input.xml")
    for each in session_table.parse(source):
        assert isinstance(each, SessionSummary)
        assert f"{next(iter(each.counters))}>" in excerpt(source, each.place)
    for form in ("text/input.txt", "xml/input.xml"):
        source = Source.of_path(DATA / "packet_drop" / form)
        records = list(packet_drop.parse(source))
        assert records
        assert all(each.key.source in excerpt(source, each.place) for each in records)


def test_drops_that_were_run_together_are_told_apart():
    one = (
        "10:00:0{}.000001:LSYS-ID-00 192.0.2.{}/5-->198.51.100.1/80;tcp,ipid-7,ge-0/0/0.0,Dropped by FLOW:First path x"
    )
    reading = packet_drop.parse(Source.of_text(one.format(1, 1) + one.format(2, 2) + " " + one.format(3, 3) + "\n"))
    assert [(each.key.source, each.detail) for each in reading] == [(f"192.0.2.{n}", "First path x") for n in (1, 2, 3)]


def test_a_place_does_not_make_two_records_differ():
    one = FlowSession(session_id=1, wings=(), place=Place("a", 1, 2))
    assert one == FlowSession(session_id=1, wings=(), place=Place("b", 3, 4))
    assert "place" not in repr(one)


def test_a_parsed_reply_has_no_place():
    (session,) = session_table.parse_element(
        etree.fromstring("<r><flow-session><session-identifier>1</session-identifier></flow-session></r>")
    )
    assert session.place is None


def test_made_records_are_those_of_the_constructor():
    given = {"direction": "In", "source": "a", "destination": "b", "protocol": 6, "source_port": 1, "extra": {"x": "y"}}
    made = maker(Wing)("In", "a", "b", 6, 1, None, None, "", None, None, {"x": "y"})
    assert made == Wing(**given)
    with pytest.raises(ValueError, match="shorter"):
        maker(Wing)("In")


def test_an_unended_session_is_counted_when_others_follow_it():
    text = (
        "<rpc-reply><flow-session><session-identifier>1</session-identifier><broken>"
        "<flow-session><session-identifier>2</session-identifier></flow-session></rpc-reply>"
    )
    reading = session_table.parse(Source.of_text(text))
    assert [each.session_id for each in reading] == [2]
    assert reading.unrecognised == 1


def test_wings_of_a_lost_session_do_not_join_the_one_before():
    wings = "In: 10.0.0.{0}/1 --> 192.0.2.8/2;udp, If: a\nOut: 192.0.2.8/2 --> 10.0.0.{0}/1;udp, If: a\n"
    text = "Session ID: 1, Policy name: a/1, Timeout: 2, Valid\n" + wings.format(1) + wings.format(2)
    reading = session_table.parse(Source.of_text(text))
    (session,) = reading
    assert [wing.source for wing in session.wings] == ["10.0.0.1", "192.0.2.8"]
    assert reading.unrecognised == 2
