"""Where the session log goes, by mode, facility, line filter and stream."""

from __future__ import annotations

import pytest
from lxml import etree

from orchestrator.model.log_configuration import LogConfiguration, LogMode, LogStream
from orchestrator.parsers import log_configuration

REPLY = """
<rpc-reply><configuration><system><host-name>fw</host-name><syslog>
  <file><name>messages</name><contents><name>any</name><notice/></contents></file>
  <file><name>everything</name><contents><name>any</name><any/></contents></file>
  <file><name>sessions</name><contents><name>user</name><info/></contents><match>RT_FLOW</match><structured-data/></file>
  <file><name>denials</name><contents><name>any</name><any/></contents><match>SESSION_DENY</match></file>
  <file><name>quiet</name><contents><name>any</name><any/></contents><contents><name>user</name><none/></contents></file>
  <file><name>rest</name><contents><name>any</name><any/></contents><match>!(.*RT_FLOW.*)</match></file>
  <file inactive="inactive"><name>off</name><contents><name>any</name><any/></contents></file>
  <host><name>198.51.100.9</name><contents><name>any</name><any/></contents></host>
</syslog></system>
<security><log>{log}</log></security>
<logical-systems><name>a</name><system><syslog><file><name>theirs</name></file></syslog></system></logical-systems>
</configuration></rpc-reply>
"""
STREAMS = """
<stream><name>far</name><host><ipaddr>203.0.113.7</ipaddr></host><format>sd-syslog</format></stream>
<stream><name>web</name><host><ipaddr>203.0.113.8</ipaddr></host><category>content-security</category></stream>
<stream><name>near</name><category>flow</category><file><name>flow.log</name></file></stream>
"""


def read(log: str = "") -> LogConfiguration:
    return log_configuration.parse(etree.fromstring(REPLY.replace("{log}", log)))


def test_files_hosts_and_streams_are_read_and_what_is_off_or_anothers_is_not() -> None:
    found = read(f"<mode>stream</mode><format>sd-syslog</format>{STREAMS}")
    assert [one.name for one in found.targets if one.is_file] == [
        "messages", "everything", "sessions", "denials", "quiet", "rest"
    ]  # fmt: skip
    assert [one.name for one in found.targets if not one.is_file] == ["198.51.100.9"]
    assert (found.mode, found.format) == (LogMode.STREAM, "sd-syslog")
    assert found.streams[0] == LogStream(name="far", host="203.0.113.7", format="sd-syslog")
    assert (found.targets[2].selectors, found.targets[2].structured) == ((("user", "info"),), True)


@pytest.mark.parametrize(
    ("log", "files", "collectors", "said"),
    [
        ("<mode>event</mode>" + STREAMS, ("sessions", "denials", "everything"), ("198.51.100.9",), "event"),
        ("<mode>stream</mode>" + STREAMS, ("flow.log",), ("203.0.113.7",), "stream"),
        ("<mode>stream</mode>", (), (), "stream"),
        ("", ("sessions", "denials", "everything"), ("198.51.100.9",), ""),
    ],
)
def test_the_mode_decides_which_of_them_hold_session_records(
    log: str, files: tuple[str, ...], collectors: tuple[str, ...], said: str
) -> None:
    logs = read(log).session_logs
    assert (logs.files, logs.collectors, logs.certain) == (files, collectors, bool(said))


def test_a_log_that_is_not_here_says_where_it_is() -> None:
    far = f"<mode>stream</mode>{STREAMS.partition('<stream><name>near')[0]}"
    assert "goes to 203.0.113.7 only" in read(far).session_logs.nowhere_here
    assert "goes nowhere" in read("<mode>stream</mode>").session_logs.nowhere_here
    assert read("<mode>event</mode>").session_logs.nowhere_here == ""


def test_silence_is_not_taken_for_an_empty_section() -> None:
    assert not log_configuration.holds_logs(etree.fromstring("<rpc-reply><configuration/></rpc-reply>"))
    assert log_configuration.holds_logs(etree.fromstring(REPLY.replace("{log}", "")))
