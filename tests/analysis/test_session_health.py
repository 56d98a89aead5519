"""Session health: at the marks, below them and above them, and what is said when nothing was given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from orchestrator.analysis.session_health import health
from orchestrator.model.flow_configuration import (
    Aging,
    ApplicationTimeout,
    FlowConfiguration,
    TcpMss,
    TcpSession,
)
from orchestrator.model.flow_session import FlowSession, SessionSummary, Wing
from orchestrator.model.session_health import Health
from orchestrator.model.verdict import Finding

AGING = Aging(early_ageout=20, high_watermark=90, low_watermark=50)
AGES = FlowConfiguration(aging=AGING, application_timeouts=())
SILENT = FlowConfiguration(application_timeouts=())


def summary(active: int = 10, maximum: int = 1000, where: tuple[str, str] = ("", ""), **more: int) -> SessionSummary:
    counters = {"active-sessions": active, "max-sessions": maximum, "failed-sessions": 0, "active-session-valid": 0,
                "active-session-pending": 0, "active-session-invalidated": 0}  # fmt: skip
    counters |= {name.replace("_", "-"): value for name, value in more.items()}
    return SessionSummary(counters=counters, node=where[0], fpc_pic=where[1])


def session(protocol: int = 6, packets: tuple[int | None, int | None] = (5, 4), **more: Any) -> FlowSession:
    port = 443 if protocol in (6, 17) else None
    wings = (
        Wing(direction="In", source="10.1.1.10", destination="192.0.2.80", protocol=protocol, source_port=50000,
             destination_port=port, interface="ge-0/0/0.0", packets=packets[0]),
        Wing(direction="Out", source="192.0.2.80", destination="10.1.1.10", protocol=protocol, source_port=port,
             destination_port=50000, interface="ge-0/0/1.0", packets=packets[1]),
    )  # fmt: skip
    known: dict[str, Any] = {"timeout": 1700, "configured_timeout": 1800, "duration": 500, "state": "Valid"}
    if protocol == 17:
        known |= {"timeout": 50, "configured_timeout": 60}
    return FlowSession(session_id=7, wings=wings, **(known | more))


def tunnel(protocol: int, interface: str = "ge-0/0/1.0") -> FlowSession:
    wing = Wing(direction="In", source="203.0.113.7", destination="192.0.2.1", protocol=protocol, interface=interface)
    return FlowSession(session_id=8, wings=(wing,), timeout=None, state="Valid")


def judged(
    summaries: Sequence[SessionSummary] = (),
    sessions: Iterable[FlowSession] | None = (),
    configuration: FlowConfiguration | None = SILENT,
    **more: Any,
) -> Health:
    return health(list(summaries) or [summary()], sessions, configuration, **more)


def symptoms(found: Health) -> list[str]:
    return [one.symptom for one in found.findings]


def only(found: Health) -> Finding:
    [one] = found.findings
    return one


# -- the table ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("active", "symptom"),
    [
        (499, None),
        (500, "table between the watermarks"),  # not below the low one: it may go on
        (849, "table between the watermarks"),
        (850, "aggressive ageing is about to begin"),
        (900, "aggressive ageing is about to begin"),  # at the high one it is not exceeded
        (901, "aggressive ageing is active"),
        (999, "aggressive ageing is active"),
    ],
)
def test_watermarks_are_exceeded_and_dipped_below_not_touched(active: int, symptom: str | None) -> None:
    assert symptoms(judged([summary(active)], configuration=AGES)) == ([symptom] if symptom else [])


def test_no_rounding_decides_at_a_watermark() -> None:
    """One session of a table of millions is no tenth of a percent, and still it is above."""
    assert symptoms(judged([summary(900_000, 1_000_000)], configuration=AGES)) != ["aggressive ageing is active"]
    assert symptoms(judged([summary(900_001, 1_000_000)], configuration=AGES)) == ["aggressive ageing is active"]


def test_below_the_high_watermark_and_above_the_low_one_both_are_possible() -> None:
    near = only(judged([summary(870)], configuration=AGES))
    assert "goes on still" in near.why
    alone = FlowConfiguration(aging=Aging(early_ageout=20, high_watermark=90), application_timeouts=())
    assert "goes on still" not in only(judged([summary(870)], configuration=alone)).why
    assert symptoms(judged([summary(600)], configuration=alone)) == []


def test_how_many_sessions_aggressive_ageing_takes_is_counted() -> None:
    sessions = [session(timeout=left, duration=9000) for left in (19, 20, 21, -1)]
    found = judged([summary(950)], sessions, AGES)
    assert "20 s left are marked invalid; 1 sessions of the list have less" in found.findings[0].why
    assert found.sessions is not None
    assert found.sessions.early == 1
    assert "of the list" not in judged([summary(950)], None, AGES).findings[0].why


@pytest.mark.parametrize(
    ("active", "aging", "expected"),
    [
        (799, Aging(), []),
        (800, Aging(), ["session table nearly full, and nothing makes room"]),
        (800, Aging(early_ageout=5), ["session table nearly full, and nothing makes room"]),
        (800, Aging(high_watermark=90), ["session table nearly full without early-ageout"]),
        (800, Aging(high_watermark=90, early_ageout=5), []),
        (1000, Aging(), ["session table full, and nothing makes room"]),
        (1000, AGING, ["session table full", "aggressive ageing is active"]),
    ],
)
def test_a_full_table_that_nothing_empties_is_told(active: int, aging: Aging, expected: list[str]) -> None:
    configuration = FlowConfiguration(aging=aging, application_timeouts=())
    assert symptoms(judged([summary(active)], configuration=configuration)) == expected


@pytest.mark.parametrize("configuration", [None, FlowConfiguration(unread=("flow aging high-watermark x",))])
def test_a_full_table_whose_ageing_is_not_known_is_not_said_to_have_none(
    configuration: FlowConfiguration | None,
) -> None:
    found = judged([summary(900)], configuration=configuration)
    assert symptoms(found) == ["session table nearly full, ageing not checked"]
    assert "not checked" in found.findings[0].why


def test_each_spu_is_judged_by_itself() -> None:
    tables = [summary(990, where=("node0", "FPC0 PIC1")), summary(10, where=("node0", "FPC1 PIC0"))]
    found = judged(tables, configuration=AGES)
    assert only(found).saw.startswith("node0 FPC0 PIC1: 990 of 1000")
    assert [table.used_percent for table in found.tables] == [99.0, 1.0]


def test_failed_sessions_are_a_finding_from_the_first() -> None:
    one = only(judged([summary(failed_sessions=1)]))
    assert (one.symptom, one.packets, one.soft) == ("failed sessions", 1, True)
    assert judged([summary(failed_sessions=0)]).findings == ()


@pytest.mark.parametrize(
    ("gone", "active", "many"), [(99, 100, False), (100, 400, True), (100, 401, False), (5000, 5000, True)]
)
def test_many_invalidated_sessions_are_many_and_a_good_part(gone: int, active: int, many: bool) -> None:  # noqa: FBT001 - a column of the table
    found = judged([summary(active, 100_000, active_session_invalidated=gone)])
    assert ("many invalidated sessions" in symptoms(found)) is many


# -- the sessions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "stuck"),
    [
        ({"packets": (1, 0), "timeout": 17, "duration": 3}, True),
        ({"packets": (1, 0), "timeout": 18, "duration": 2}, False),  # it has just begun
        ({"packets": (3, 0), "timeout": 20, "duration": 90}, True),  # SYN again and again
        ({"packets": (1, 2), "timeout": 10, "duration": 10}, True),  # answered, never acknowledged
        ({"packets": (2, 1), "timeout": 10, "duration": 10}, False),
        ({"packets": (1, 0), "timeout": 21, "duration": 9}, False),  # beyond the initial timeout
        ({"packets": (1, 0), "timeout": 17, "duration": None}, True),  # 3 s went by since its last packet
        ({"packets": (1, 0), "timeout": 18, "duration": None}, False),
        ({"packets": (None, None), "timeout": 10, "duration": 10}, False),
        ({"packets": (1, 0), "timeout": 3, "duration": 10, "state": "Invalid"}, False),  # it ended
        ({"packets": (1, 0), "timeout": 10, "duration": 10, "ha_state": "Backup"}, False),
        ({"packets": (1, 0), "timeout": 10, "duration": 10, "protocol": 17}, False),
    ],
)
def test_a_handshake_is_stuck_when_it_could_not_be_complete(what: dict[str, Any], stuck: bool) -> None:  # noqa: FBT001 - a column of the table
    found = judged(sessions=[session(**what)])
    assert ("TCP sessions stuck in the initial timeout" in symptoms(found)) is stuck


def test_the_initial_timeout_is_the_configured_one() -> None:
    slow = session(packets=(1, 0), timeout=200, duration=80)
    configured = dataclasses.replace(SILENT, tcp_session=TcpSession(tcp_initial_timeout=280))
    assert symptoms(judged(sessions=[slow])) == []
    one = only(judged(sessions=[slow, session()], configuration=configured))
    assert "1 of 2 TCP sessions" in one.saw
    assert "192.0.2.80/443" in one.saw
    assert "280 s" in one.why


@pytest.mark.parametrize(
    ("what", "near"),
    [
        ({"timeout": 180, "duration": 5000}, 1),
        ({"timeout": 181, "duration": 5000}, 0),
        ({"timeout": 20, "duration": 3}, 0),  # opening: it counts from the initial timeout
        ({"timeout": -1, "duration": 5000}, 0),  # a multicast leaf does not age
        ({"timeout": None, "duration": 5000}, 0),
        ({"protocol": 17, "timeout": 6, "duration": 54}, 1),
        ({"timeout": 10, "duration": 5000, "ha_state": "Backup"}, 0),
    ],
)
def test_sessions_near_their_timeout_are_counted(what: dict[str, Any], near: int) -> None:
    found = judged(sessions=[session(**what)])
    assert found.sessions is not None
    assert found.sessions.near_timeout == near


def test_timeouts_are_held_against_the_documented_defaults_by_application() -> None:
    sessions = [
        *[session(application="slow-db", configured_timeout=7200, timeout=7000) for _ in range(3)],
        *[session(17, application="voice", configured_timeout=300, timeout=290) for _ in range(2)],
        session(application="junos-https"), session(17, application="junos-dns-udp"),
        session(1, configured_timeout=4, timeout=3),
    ]  # fmt: skip
    configured = FlowConfiguration(application_timeouts=(ApplicationTimeout(application="slow-db", seconds=7200),))
    found = judged(sessions=sessions, configuration=configured)
    assert [(one.application, one.seconds, one.sessions, one.configured) for one in found.timeouts if one.differs] == [
        ("slow-db", 7200, 3, True), ("voice", 300, 2, False),
    ]  # fmt: skip
    assert len(found.timeouts) == 5
    one = only(found)
    assert one.saw == (
        "slow-db tcp 7200 s (3 sessions, configured); voice udp 300 s (2 sessions, not from a custom application)"
    )


def test_who_has_most_of_the_sessions_is_named() -> None:
    other = dataclasses.replace(session().wings[0], source="10.1.1.99")
    sessions = [session(), session(), dataclasses.replace(session(), wings=(other, session().wings[1]))]
    assert [(one.address, one.sessions) for one in judged(sessions=sessions).sources] == [
        ("10.1.1.10", 2), ("10.1.1.99", 1),
    ]  # fmt: skip


# -- the configuration -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"no_syn_check": True}, ["SYN check is off"]),
        ({"no_syn_check_in_tunnel": True}, ["SYN check is off"]),
        ({"no_sequence_check": True}, ["sequence check is off"]),
        ({"rst_sequence_check": True, "strict_syn_check": True, "rst_invalidate_session": True}, []),
    ],
)
def test_checks_that_are_off_are_told(options: dict[str, Any], expected: list[str]) -> None:
    assert symptoms(judged(configuration=dataclasses.replace(SILENT, tcp_session=TcpSession(**options)))) == expected


IPSEC, GRE = "tcp-mss is missing while IPsec tunnels exist", "tcp-mss is missing while GRE tunnels exist"


@pytest.mark.parametrize(
    ("sessions", "mss", "expected"),
    [
        ([tunnel(50)], TcpMss(), [IPSEC]),
        ([tunnel(50)], TcpMss(ipsec_vpn=1350), []),
        ([tunnel(50)], TcpMss(all_tcp=1350), []),
        ([tunnel(50)], TcpMss(gre_in=1350), [IPSEC]),
        ([tunnel(47)], TcpMss(ipsec_vpn=1350), [GRE]),
        ([tunnel(47)], TcpMss(gre_out=1350), []),
        ([tunnel(47), tunnel(50)], TcpMss(), [GRE, IPSEC]),
        ([tunnel(6, "st0.1")], TcpMss(), [IPSEC]),
        ([session(50)], TcpMss(), []),  # in transit: it ends elsewhere
        ([], TcpMss(), []),
    ],
)
def test_tunnels_want_a_segment_size(sessions: list[FlowSession], mss: TcpMss, expected: list[str]) -> None:
    assert symptoms(judged(sessions=sessions, configuration=dataclasses.replace(SILENT, tcp_mss=mss))) == expected


def test_a_segment_size_that_cannot_be_read_is_not_missing() -> None:
    bad = dataclasses.replace(SILENT, unread=("flow tcp-mss ipsec-vpn mss big",))
    found = judged(sessions=[tunnel(50)], configuration=bad)
    assert found.findings == ()
    assert any("tcp-mss ipsec-vpn mss big" in each for each in found.not_checked)


# -- what was not given ------------------------------------------------------------------------------------------------


def test_a_device_that_is_well_has_no_finding_and_nothing_open() -> None:
    found = judged([summary(active_session_valid=1)], [session()], AGES)
    assert (found.findings, found.not_checked) == ((), ())


def test_nothing_given_is_not_checked_and_not_well() -> None:
    found = health([], None, None)
    assert found.findings == ()
    assert len(found.not_checked) == 3
    for word in ("summary", "did not list its sessions", "configuration was not read"):
        assert any(word in each for each in found.not_checked)


@pytest.mark.parametrize(
    ("change", "open_"),
    [
        ({"summaries": [SessionSummary(counters={"active-sessions": 5})]}, "no maximum"),
        ({"summaries": [summary(maximum=0)]}, "no maximum"),
        ({"summaries": [SessionSummary(counters={"max-sessions": 5, "active-sessions": 1})]}, "failed sessions"),
        ({"summaries": [summary(active_session_valid=9)], "sessions": []}, "9 valid sessions in the summary, none"),
        ({"summaries": [summary(where=("node0", ""))], "nodes": ("node0", "node1")}, "node1: the node gave no summary"),
        ({"sessions": [session(configured_timeout=None)]}, "timeouts of 1 sessions"),
        (
            {"sessions": [session(configured_timeout=7200)], "configuration": FlowConfiguration()},
            "whether the unusual timeouts are configured",
        ),
    ],
)
def test_what_is_missing_is_named(change: dict[str, Any], open_: str) -> None:
    assert any(open_ in each for each in judged(**change).not_checked)
    assert not any(open_ in each for each in judged([summary(active_session_valid=1)], [session()]).not_checked)


def test_sessions_are_walked_once_and_may_be_a_stream() -> None:
    found = judged(sessions=(session() for _ in range(1000)))
    assert found.sessions is not None
    assert found.sessions.listed == 1000
