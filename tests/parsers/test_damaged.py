"""Replies that were cut, run together, escaped or passed through terminals, for the small kinds."""

import gzip

import pytest

from orchestrator.errors import ParseError
from orchestrator.parsers.kinds import KINDS
from orchestrator.parsers.source import Source

DROPS = (
    "admin@fw1> show security packet-drop records\n"
    "10:00:01.000001:LSYS-ID-00 192.0.2.1/5-->198.51.100.1/80;tcp,ipid-7,ge-0/0/0.0,Dropped by FLOW:First path x\n"
    "10:00:02.000001:LSYS-ID-00 192.0.2.2/50206-->198.51.100.1/9;icmp,ipid-8,ge-0/0/0.0,"
    "Dropped by POLICY:Denied by Policy  p\n"
)
STATUS = (
    "Monitor security flow session status: Active\nMonitor security flow trace file: /var/log/t\n"
    "Monitor security flow filters: 1\n  Name: f1\n    Status: Active\n    Source: 192.0.2.0/24\n"
    "    Destination: 198.51.100.8/32 (port 443)\n    Protocol: tcp\n"
)
FILES = (
    "/var/log:\ntotal blocks: 8\n-rw-r-----  1 root  wheel  5 Mar 13 06:54 a.log\n"
    "-rw-r-----  1 root  wheel  7 Mar 13 06:55 b.log\ntotal files: 2\n"
)
SESSIONS = (
    "Session ID: 1, Policy name: a/1, Timeout: 2, Valid\n"
    "  In: 192.0.2.1/5 --> 198.51.100.1/80;tcp, If: ge-0/0/0.0, Pkts: 1, Bytes: 84\n"
    "  Out: 198.51.100.1/80 --> 192.0.2.1/5;tcp, If: ge-0/0/1.0, Pkts: 1, Bytes: 84\nTotal sessions: 1\n"
)
TEXTS = {"packet_drop": DROPS, "monitor_status": STATUS, "file_list": FILES, "session_table": SESSIONS}


def records(kind: str, data: bytes) -> list:
    return list(KINDS[kind](Source.of_bytes(data)))


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("damage", [
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.replace("\n", "\n\n\n").encode(),
    lambda text: text.replace("\n", "\n---(more 12%)---\r                \r").encode(),
    lambda text: text.replace("\n", "\x00\n").encode(),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: ("admin@fw1> show it | no-more\n" + text + "{primary:node0}\nadmin@fw1> ").encode(),
    lambda text: gzip.compress(text.encode()),
])  # fmt: skip
def test_what_a_terminal_does_to_a_text_changes_no_record(kind, damage):
    assert records(kind, damage(TEXTS[kind])) == records(kind, TEXTS[kind].encode()) != []


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_may_end_anywhere(kind):
    whole = records(kind, TEXTS[kind].encode())
    for end in range(len(TEXTS[kind])):
        try:
            found = records(kind, TEXTS[kind][:end].encode())
        except ParseError:
            continue
        assert len(found) <= len(whole)


def test_a_drop_that_was_cut_is_counted_and_not_guessed():
    reading = KINDS["packet_drop"](Source.of_text(DROPS[: DROPS.rindex(",Dropped")] + "\n"))
    assert len(list(reading)) == 1
    assert reading.unrecognised == 1


def test_drops_that_a_page_escaped_are_read():
    assert records("packet_drop", DROPS.replace(">", "&gt;").encode()) == records("packet_drop", DROPS.encode())


def test_invalid_utf8_spoils_one_field_and_not_the_record():
    (first, second) = records("packet_drop", DROPS.encode().replace(b"First path x", b"First path \xff"))
    assert first.detail == "First path \ufffd"
    assert second.module == "POLICY"
