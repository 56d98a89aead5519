"""What all kinds promise."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from orchestrator.errors import ParseError
from orchestrator.parsers import file_list, monitor_status, packet_drop, session_table
from orchestrator.parsers.as_json import as_json
from orchestrator.parsers.kinds import KINDS
from orchestrator.parsers.source import Source

NOT_REPLIES = {"flow_trace", "port_block_log", "service_log", "system_log", "pcap"}
FRAGMENTS = [
    "Session ID: 1, Policy name: a/1, Timeout: 2, Valid\n",
    "  In: 10.0.0.1/1 --> 10.0.0.2/2;tcp, If: a, Pkts: 1,\n",
    "<rpc-reply>",
    "<flow-session>",
    "</flow-session>",
    "<session-identifier>9</session-identifier>",
    "<![CDATA[",
    "]]>",
    "<flow-session-information xmlns='x'>",
    "<!--",
    "&lt;",
    "&x;",
    "<",
    ">",
    "]]>]]>\n",
    "<?xml version='1.0'?>",
    "\x00",
    "\r",
    "Mar  4 10:00:00 10:00:00.000001:CID-0:RT:",
    "<10.0.0.1/5->10.0.0.2/6;17> matched filter A:\n",
    "packet dropped, ",
    " ----- flow_process_pkt rc 0x7 (fp rc -1)\n",
    "---- flow_process_pkt: (thd 1): mbuf 0x43\n",
    "flow session id 18ab\n",
    "Monitor security flow session status: Active\n",
    "  Name: x\n",
    "Source: 1/2 (port",
    "\n",
    "node0:\n",
    " ",
    '<14>1 2019-11-14T09:37:51Z h RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1 a="',
    '"]',
    "\\",
    "852 <14>1 ",
    "RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed x: 1.1.1.1/1->2.2.2.2/2 ",
    "last message repeated 3 times\n",
    "-rw-r-----  1 root  wheel  5 Mar 13 06:54 f\n",
    "/var/log:\n",
    "---(more 45%)---",
    "<directory-list>",
    "<file-content>",
    "10:11:12.1:LSYS-ID-00 1.1.1.1/1-->2.2.2.2/2;tcp,ipid-1,ge,Dropped by A:b\n",
    "<packet-drop-information>",
    "\x1f\x8b",
    "9" * 30,
    "Feb 30 25:61:61 99:99:99.000000:CID-0:RT:x\n",
]
INPUTS = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=25).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=100, deadline=None)
@given(data=INPUTS)
def test_no_input_makes_a_parser_crash(kind, data):
    try:
        for record in KINDS[kind](Source.of_bytes(data)):
            as_json(record)
    except ParseError:
        pass


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_long_adversarial_lines_take_no_time(kind):
    for piece in ("(", "-", '"', 'a="', "1.1.1.1/1->", ": ", "Aa: ", "<", "&", "a ", "N/A ", "0:", "/", "7 <14>1 "):
        source = Source.of_text("session closed " + piece * (40_000 // len(piece)))
        try:
            assert list(KINDS[kind](source)) is not None
        except ParseError:
            continue


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("data", [b"", b"\r\n \n", b"user@fw> show something\n{primary:node0}\n"])
def test_an_empty_input_gives_no_record_and_no_error(kind, data):
    assert list(KINDS[kind](Source.of_bytes(data))) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01 junk",
        b"<rpc-reply><bgp-information><a>1</a></bgp-information></rpc-reply>",
        b"hello world\n",
    ],
)
def test_another_kind_of_input_is_refused(kind, data):
    with pytest.raises(ParseError):
        list(KINDS[kind](Source.of_bytes(data, "some.txt")))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NOT_REPLIES))
def test_the_error_of_the_device_is_the_hint(kind):
    reply = b"<rpc-reply><rpc-error><error-message>\npermission denied\n</error-message></rpc-error></rpc-reply>"
    with pytest.raises(ParseError) as caught:
        list(KINDS[kind](Source.of_bytes(reply)))
    assert "permission denied" in caught.value.hint


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NOT_REPLIES))
def test_entities_are_never_expanded(kind):
    bomb = b'<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y SYSTEM "file:///etc/passwd">]><rpc-reply>&x;&y;</rpc-reply>'
    with pytest.raises(ParseError) as caught:
        list(KINDS[kind](Source.of_bytes(bomb)))
    assert "document type" in caught.value.message


@pytest.mark.parametrize("module", [session_table, monitor_status, packet_drop, file_list])
def test_a_parsed_reply_gives_the_same_as_its_bytes_and_is_left_as_it_was(module):
    reply = (
        b"<rpc-reply><flow-session-information><flow-session><session-identifier>5</session-identifier></flow-session>"
        b"<displayed-session-count>1</displayed-session-count></flow-session-information>"
        b"<output>Monitor security flow session status: Active\n</output>"
        b"<packet-drop-records><packet-drop-information><source-address>192.0.2.1</source-address>"
        b"</packet-drop-information></packet-drop-records>"
        b"<directory-list><directory name='/var'><file-information><file-name>a</file-name></file-information>"
        b"</directory></directory-list></rpc-reply>"
    )
    root = etree.fromstring(reply)
    before = etree.tostring(root)
    records = list(module.parse_element(root))
    assert len(records) == 1
    assert records == list(module.parse(Source.of_bytes(reply)))
    assert etree.tostring(root) == before


def test_a_reply_cut_in_the_middle_gives_its_whole_sessions_and_counts_the_cut_one():
    one = "<flow-session><session-identifier>{}</session-identifier></flow-session>"
    text = (
        "<rpc-reply><flow-session-information>" + "".join(one.format(n) for n in range(9)) + "<flow-session><session-id"
    )
    reading = session_table.parse(Source.of_text(text))
    assert [session.session_id for session in reading] == list(range(9))
    assert reading.unrecognised == 1


def test_a_reply_whose_beginning_is_missing_gives_the_rest():
    text = "<timeout>5</timeout></flow-session><flow-session><session-identifier>7</session-identifier></flow-session>"
    assert [each.session_id for each in session_table.parse(Source.of_text(text))] == [7]


def test_crlf_in_xml_changes_nothing():
    lines = ["<rpc-reply>", "<flow-session>", "<session-identifier>", "7", "</session-identifier>", "</flow-session>"]
    text = "\r\n".join([*lines, "</rpc-reply>"])
    assert [each.session_id for each in session_table.parse(Source.of_text(text))] == [7]


def test_a_session_table_streams():
    session = (
        "<flow-session><session-identifier>7</session-identifier><flow-information><direction>In</direction>"
        "<source-address>192.0.2.1</source-address></flow-information></flow-session>\n"
    )
    data = (
        "<rpc-reply><flow-session-information>" + session * 20_000 + "</flow-session-information></rpc-reply>"
    ).encode()
    tracemalloc.start()
    count = sum(1 for _ in session_table.parse(Source.of_bytes(data)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 8_000_000
