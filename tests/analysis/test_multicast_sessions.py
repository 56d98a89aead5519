"""What the session table alone says of multicast streams."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestrator.analysis import multicast_sessions
from orchestrator.model.flow_configuration import ApplicationTimeout, FlowConfiguration
from orchestrator.model.flow_session import FlowSession, Wing
from orchestrator.model.policy import Policies, Policy
from orchestrator.parsers import session_table
from orchestrator.parsers.source import Source

CASE = Path(__file__).parents[1] / "data" / "session_table" / "text_multicast_document"
VIDEO = FlowConfiguration(application_timeouts=(ApplicationTimeout(application="video", seconds=500),))
POLICIES = Policies(policies=(Policy(name="to-receivers", applications=("video",)),))


def session(number: int, timeout: int, configured: int, *, out: str = "", policy: str = "") -> FlowSession:
    there = Wing(direction="In", source="10.1.1.1", destination="239.1.1.1", protocol=17, source_port=1,
                 destination_port=5000, packets=3)  # fmt: skip
    back = Wing(direction="Out", source="239.1.1.1", destination="10.1.1.1", protocol=17, source_port=5000,
                destination_port=1, interface=out)  # fmt: skip
    return FlowSession(session_id=number, wings=(there, back) if out else (there,), timeout=timeout,
                       configured_timeout=configured, duration=180, policy=policy)  # fmt: skip


TEMPLATE, LEAF = session(1, 498, 500), session(2, -1, -1, out="ge-0/0/1.0", policy="to-receivers")


def test_the_documents_two_sessions_are_one_stream_with_498_seconds_left() -> None:
    read = [one for one in session_table.parse(Source.of_path(CASE / "input.txt")) if isinstance(one, FlowSession)]
    [stream] = multicast_sessions.table(read, configuration=VIDEO, policies=POLICIES).streams
    assert stream.template is not None
    assert (stream.template.session_id, stream.template.timeout) == (2363, 498)
    assert [(one.session_id, one.timeout) for one in stream.leaves] == [(2364, -1)]
    assert stream.expected_seconds == 500


def test_the_counted_interval_and_the_policys_time_agree_so_nothing_is_odd() -> None:
    found = multicast_sessions.table([TEMPLATE, LEAF], [TEMPLATE, LEAF], configuration=VIDEO, policies=POLICIES)
    assert (found.streams[0].interval_seconds, found.findings, found.not_checked) == (90.0, (), ())


def test_a_minute_without_a_packet_is_premature_only_where_no_leaf_has_more() -> None:
    silent = FlowConfiguration(application_timeouts=())
    default = [replace(TEMPLATE, timeout=30, configured_timeout=60), LEAF]
    [finding] = multicast_sessions.table(default, configuration=silent, policies=POLICIES).findings
    assert finding.symptom == "multicast sessions age out before the next packet"
    assert "every 90 s, and a session timeout of 60 s" in finding.saw
    assert "application-protocol ignore inactivity-timeout 180" in finding.next
    assert "the policy to-receivers" in finding.next
    just = multicast_sessions.table(default, configuration=silent, policies=POLICIES, interval_seconds=60)
    assert just.findings == ()


def test_a_session_older_than_the_configuration_keeps_the_wrong_time() -> None:
    old = [replace(TEMPLATE, configured_timeout=60, duration=20), replace(LEAF, duration=20)]
    [finding] = multicast_sessions.table(old, configuration=VIDEO, policies=POLICIES).findings
    assert finding.symptom.startswith("the template's timeout is not the highest")
    assert "has 60 s, expected are 500 s" in finding.saw


def test_a_leaf_or_a_template_alone_is_told() -> None:
    alone = (replace(LEAF, duration=20), TEMPLATE)
    symptoms = [multicast_sessions.table([one]).findings[0].symptom for one in alone]
    assert symptoms == ["leaf sessions without their template", "a multicast template without leaves"]


def test_other_numbers_at_the_second_look_are_sessions_made_anew() -> None:
    later = [replace(TEMPLATE, session_id=7), replace(LEAF, session_id=8)]
    [finding] = multicast_sessions.table(later, [TEMPLATE, LEAF], configuration=VIDEO, policies=POLICIES).findings
    assert finding.symptom == "multicast sessions were made anew"
    [gone] = multicast_sessions.table([], [TEMPLATE, LEAF], configuration=VIDEO, policies=POLICIES).findings
    assert (gone.symptom, gone.soft) == ("a multicast stream's sessions are gone", True)


def test_what_was_not_read_is_not_judged() -> None:
    found = multicast_sessions.table([TEMPLATE, LEAF])
    assert found.streams[0].expected_seconds is None
    assert len(found.not_checked) == 3
