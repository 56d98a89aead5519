"""Every value that the ALG document prints comes out, in whatever layout it arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import ParseError
from orchestrator.model.stateful_firewall import (
    Direction,
    FirewallStatistics,
    FlowState,
    ServiceConversation,
    ServiceFlowTable,
)
from orchestrator.parsers import alg, service_log, stateful_firewall
from orchestrator.parsers.kinds import kind_of
from orchestrator.parsers.source import Source

DATA = Path(__file__).parent.parent / "data"

# As the document prints it: source, destination, state, direction, frames, and the NAT line.
FTP = [
    ("1.1.79.2", 14083, "2.2.2.2", 21, "Watch", "I", 13, "NAT source 1.1.79.2:14083 -> 194.250.1.237:50118"),
    ("1.1.79.2", 14104, "2.2.2.2", 20, "Forward", "I", 3, "NAT source 1.1.79.2:14104 -> 194.250.1.237:50119"),
    ("2.2.2.2", 21, "194.250.1.237", 50118, "Watch", "O", 12, "NAT dest 194.250.1.237:50118 -> 1.1.79.2:14083"),
    ("2.2.2.2", 20, "194.250.1.237", 50119, "Forward", "O", 5, "NAT dest 194.250.1.237:50119 -> 1.1.79.2:14104"),
]
RTSP_FRAMES = [7, 0, 0, 0, 0, 5, 6, 0, 3, 0]
COUNTERS = {
    "new-flow-counters": 3, "existing-flow-counters": 3, "drop_counters": 3, "error-counters": 6,
    "ip-error-counters": 14, "tcp-error-counters": 7, "udp-error-counters": 3, "icmp-error-counters": 4,
    "alg-error-counters": 18,
}  # fmt: skip


def text(case: str, kind: str = "stateful_firewall") -> str:
    return next((DATA / kind / case).glob("input.*")).read_text()


def read(given: str) -> list:
    reading = stateful_firewall.parse(Source.of_text(given))
    records = list(reading)
    assert reading.unrecognised == 0, reading.samples
    return records


def layouts(given: str) -> list[str]:
    """The original, one line, a word a line, and columns that a page spread out."""
    body = "\n".join(line for line in given.splitlines() if "@" not in line)
    return [given, " ".join(body.split()), "\n".join(body.split(" ")), body.replace(" ", "   "), body + "\nops@mx1> "]


@pytest.mark.parametrize("layout", range(5))
def test_the_ftp_example_gives_every_value_in_any_layout(layout: int) -> None:
    given = layouts(text("ftp"))[layout]
    (one,) = read(given)
    assert isinstance(one, ServiceConversation)
    assert (one.interface, one.service_set, one.alg) == ("ms-1/3/0", "CLBJI1-AAF001", "ftp")
    assert (one.initiators, one.responders) == (2, 2)
    found = [
        (f.key.source, f.key.source_port, f.key.destination, f.key.destination_port, f.state, f.direction, f.frames,
         str(f.nats[0]))
        for f in one.flows
    ]  # fmt: skip
    assert found == FTP
    assert {len(f.nats) for f in one.flows} == {1}
    assert {f.key.protocol for f in one.flows} == {6}


@pytest.mark.parametrize("case", ["rtsp", "rtsp_one_line"])
def test_the_rtsp_example_gives_every_value(case: str) -> None:
    (one,) = read(text(case))
    assert (one.interface, one.service_set, one.alg, one.initiators, one.responders) == (
        "ms-3/2/0", "svc_set", "rtsp", 5, 5,
    )  # fmt: skip
    assert [f.frames for f in one.flows] == RTSP_FRAMES
    assert [f.key.protocol for f in one.flows] == [6, 17, 17, 17, 17] * 2
    assert [f.state for f in one.flows] == [FlowState.WATCH, *[FlowState.FORWARD] * 4] * 2
    assert len(one.of(Direction.INITIATOR)) == len(one.of(Direction.RESPONDER)) == 5
    ports = [(f.key.source_port, f.key.destination_port) for f in one.flows]
    assert ports == [(58795, 554), (1028, 1028), (1029, 1029), (1030, 1030), (1031, 1031),
                     (554, 58795), (1028, 1028), (1029, 1029), (1030, 1030), (1031, 1031)]  # fmt: skip


@pytest.mark.parametrize("layout", range(5))
def test_every_counter_of_the_statistics_comes_out(layout: int) -> None:
    (one,) = read(layouts(text("statistics"))[layout])
    assert isinstance(one, FirewallStatistics)
    assert (one.interface, one.service_set) == ("ms-3/2/0", "svc_set")
    assert {group: len(counters) for group, counters in one.groups.items()} == COUNTERS
    nonzero = {name: count for counters in one.groups.values() for name, count in counters.items() if count}
    assert nonzero == {
        "new-flow-accepts": 1347, "existing-flow-accepts": 144187, "tcp-errors": 276, "syn-attack": 276,
    }  # fmt: skip
    assert one.count("tcp-error-counters", "syn-attack") == 276
    assert one.lines["syn-attack"].text.split()[0] in {"SYN", "Interface:"}


def test_the_newer_wording_gives_the_same_counters() -> None:
    newer = (
        "Interface: ms-1/3/0 Service set: s New flows: Rule Accepts: 9, Rule Discards: 1, Rule Rejects: 0 "
        "Existing flow types packet counters: Accepts: 35, Drop: 2, Rejects: 0 "
        "Hairpinning counters: Slow Path Hairpinned Packets: 3, Fast Path Hairpinned Packets: 4 "
        "Drops: Sessions dropped due to subscriber flow limit: 5 "
        "Drop Flows: Maximum Ingress Drop flows allowed: 20% Current Ingress Drop flows: 6"
    )
    (one,) = read(newer)
    assert one.groups == {
        "new-flow-counters": {"new-flow-accepts": 9, "new-flow-discards": 1, "new-flow-rejects": 0},
        "existing-flow-counters": {
            "existing-flow-accepts": 35, "existing-flow-discards": 2, "existing-flow-rejects": 0,
        },
        "hairpinning-counters": {"slow-path-hairpinned-packets": 3, "fast-path-hairpinned-packets": 4},
        "drop_counters": {"subs-flow-limit-exceeded": 5},
        "drop-flows": {"current-ingress-drop-flows": 6},
    }  # fmt: skip
    assert one.others == {"max-ingress-drop-flows": "20%"}


def test_a_counter_nobody_knows_is_kept_and_counted() -> None:
    reading = stateful_firewall.parse(Source.of_text("Interface: ms-1/3/0, Service set: s Errors: IP: 1, Quux: 7"))
    (one,) = reading
    assert one.groups == {"error-counters": {"ip-errors": 1, "Quux": 7}}
    assert (reading.unrecognised, reading.samples[0].text) == (1, "Quux: 7")


def test_several_outputs_in_one_capture_are_told_apart() -> None:
    found = read(text("rtsp") + "\n" + text("statistics") + "\n" + text("ftp"))
    assert [type(one).__name__ for one in found] == ["ServiceConversation", "FirewallStatistics", "ServiceConversation"]


def test_flows_of_another_layout_keep_what_extensive_adds() -> None:
    reading = stateful_firewall.parse(Source.of_text(text("flows_extensive")))
    (table,) = reading
    assert isinstance(table, ServiceFlowTable)
    first, dotted, icmp = table.flows
    assert first.details["byte-count"] == "455"
    assert first.details["timeout"] == "720"
    assert [one.kind for one in first.nats] == ["source", "dest"]
    assert (dotted.key.source, dotted.key.source_port, dotted.key.destination_port) == ("192.0.2.9", 37822, 53)
    assert (dotted.state, icmp.key.source_port, icmp.state) == (FlowState.UNKNOWN, None, FlowState.DROP)
    assert [one.text for one in reading.samples] == ["something nobody knows"]


@pytest.mark.parametrize(
    ("kind", "case", "expected"),
    [
        ("stateful_firewall", "ftp", "stateful_firewall"),
        ("stateful_firewall", "rtsp_one_line", "stateful_firewall"),
        ("stateful_firewall", "statistics", "stateful_firewall"),
        ("stateful_firewall", "statistics_xml", "stateful_firewall"),
        ("stateful_firewall", "flows_extensive", "stateful_firewall"),
        ("alg", "status", "alg"),
        ("alg", "conversations", "alg"),
        ("alg", "conversations_xml", "alg"),
        ("service_log", "ftp", "service_log"),
        ("service_log", "newer", "service_log"),
    ],
)
def test_the_kind_of_a_saved_output_is_told(kind: str, case: str, expected: str) -> None:
    assert kind_of(Source.of_text(text(case, kind))) == expected


@pytest.mark.parametrize("parser", [stateful_firewall, alg, service_log])
def test_input_of_another_kind_is_refused(parser: object) -> None:
    with pytest.raises(ParseError):
        list(parser.parse(Source.of_text("Hardware inventory:\nChassis JN1 MX480 is a router\n")))  # type: ignore[attr-defined]


def test_any_tag_of_the_card_is_a_record_and_other_lines_are_not() -> None:
    found = list(service_log.parse(Source.of_text(text("newer", "service_log"))))
    assert [one.tag for one in found] == [
        "JSERVICES_NAT_RULE_MATCH", "ASP_SFW_DELETE_FLOW", "JSERVICES_SESSION_OPEN", "ASP_SFW_NO_RULE_DROP",
        "ASP_IDS_SOMETHING_NEW_2",
    ]  # fmt: skip
    match, delete, opened, dropped, other = found
    assert (match.key.source_port, match.key.destination_port, match.rule_set, match.rule) == (1024, 53, "", "r1")
    assert delete.translated_source == opened.translated_source == ("192.0.2.1", 1024)
    assert (dropped.key.source, dropped.key.destination_port, dropped.interface) == ("2001:db8::1", 6970, "ge-1/0/0.0")
    assert (other.key, other.service_set, other.card) == (None, "ss", "FPC 1 PIC 1")


def test_the_documents_log_lines_give_every_value() -> None:
    rule, create, active = service_log.parse(Source.of_text(text("ftp", "service_log")))
    assert (rule.tag, rule.time, rule.card, rule.service_set, rule.plugin) == (
        "ASP_SFW_RULE_ACCEPT", "Oct 27 11:42:54", "FPC 1 PIC 1", "ss_ftp", "FWNAT",
    )  # fmt: skip
    assert (rule.application, rule.interface, rule.rule_set, rule.rule, rule.term) == (
        "ftp", "fe-3/3/3.0", "", "ftp", "1",
    )  # fmt: skip
    assert str(rule.key) == "1.1.1.2/4450 -> 2.2.2.2/21 tcp"
    assert (create.tag, create.text) == ("ASP_SFW_CREATE_ACCEPT_FLOW", "creating forward or watch flow")
    assert (active.interface, str(active.key)) == ("so-2/1/2.0", "2.2.2.2/20 -> 1.1.1.2/50726 tcp")


def test_parallel_lists_of_the_reply_are_read_by_position() -> None:
    (one,) = alg.parse(Source.of_text(text("conversations_xml", "alg")))
    assert [(each.session_id, each.status, str(each.forward)) for each in one.parents] == [
        (67108866, "active", "10.1.1.2/4450 -> 192.0.2.2/21 tcp"),
        (67108870, "closed", "10.1.1.3/4451 -> 192.0.2.3/21 tcp"),
    ]
    assert (one.children, one.groups, one.conversations) == ((), (1, 2), 2)


def test_each_alg_of_the_status_comes_out() -> None:
    (one,) = alg.parse(Source.of_text(text("status", "alg")))
    on = {"dns", "ftp", "msrpc", "pptp", "sunrpc", "talk", "tftp"}
    assert len(one.enabled) == 16
    assert {name for name, state in one.enabled.items() if state} == on
