"""ALG commands against a router with a services card, an SRX, a cluster, and a device with neither."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from orchestrator.driver import guard
from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.operations import alg
from orchestrator.driver.operations.alg import ServiceFlowFilter
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import DeniedError, GuardError, UnsupportedError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.flow import Endpoint
from orchestrator.model.stateful_firewall import FirewallStatistics, ServiceConversation, ServiceFlowTable
from orchestrator.parsers import alg as alg_parser
from orchestrator.parsers import stateful_firewall
from orchestrator.parsers.source import Source


@pytest.fixture
def mx(start_lab: Callable[..., list[LabDevice]]) -> LabDevice:
    return start_lab(persona="mx", scenario="alg-ftp", name="mx1")[0]


def test_a_services_card_gives_conversations_flows_and_counters(
    mx: LabDevice, driver: Callable[..., PyezDriver]
) -> None:
    session = driver(mx)
    (talk,) = alg.conversations(session)
    assert (talk.interface, talk.service_set, talk.alg, len(talk.flows)) == ("ms-1/3/0", "ss-ftp", "ftp", 4)
    assert str(talk.flows[0].nats[0]) == "NAT source 10.1.79.2:14083 -> 198.51.100.237:50118"
    (table,) = alg.flows(session)
    assert [one.key for one in table.flows] == [one.key for one in talk.flows]
    (counters,) = alg.statistics(session)
    assert counters.count("tcp-error-counters", "syn-attack") == 276
    assert len(counters.groups["alg-error-counters"]) == 22
    assert [len(one.children) for one in alg.alg_conversations(session, "ftp")] == [1]


def test_the_filter_is_asked_of_the_device(mx: LabDevice, driver: Callable[..., PyezDriver]) -> None:
    session = driver(mx)
    server = Endpoint(ip_network("203.0.113.2/32"), 21)
    which = ServiceFlowFilter(destination=server, protocol="tcp", service_set="ss-ftp", limit=3)
    (table,) = alg.flows(session, which)
    assert [one.key.destination_port for one in table.flows] == [21]
    assert alg.conversations(session, ServiceFlowFilter(application_protocol="rtsp")) == []
    assert alg.conversations(session, ServiceFlowFilter(service_set="other")) == []
    sent = [entry["text"] for entry in mx.inspect()["wire_log"]]
    assert any("<destination-port>21</destination-port>" in text and "<limit>3</limit>" in text for text in sent)


def test_text_and_xml_of_the_device_say_the_same(mx: LabDevice, driver: Callable[..., PyezDriver]) -> None:
    session = driver(mx)
    first = {"conversations": alg.conversations, "flows": alg.flows, "statistics": alg.statistics}
    kinds = {"conversations": ServiceConversation, "flows": ServiceFlowTable, "statistics": FirewallStatistics}
    for what, ask in first.items():
        words = f"show services stateful-firewall {what}{' extensive' if what == 'statistics' else ''}"
        reading = stateful_firewall.parse(Source.of_text(session.command(Line.of(words)).text))
        (from_text,) = [one for one in reading if isinstance(one, kinds[what])]
        (from_xml,) = ask(session)
        assert reading.unrecognised == 0, reading.samples
        if isinstance(from_xml, FirewallStatistics):
            assert from_text == from_xml
        else:
            assert [(one.key, one.nats, one.state) for one in from_text.flows] == [
                (one.key, one.nats, one.state) for one in from_xml.flows
            ]
    text = session.command(Line.of("show services alg conversations")).text
    (one,) = alg_parser.parse(Source.of_text(text))
    (same,) = alg.alg_conversations(session)
    assert [each.forward for each in one.children] == [each.forward for each in same.children]


def test_where_the_card_logs_is_read_without_the_rest_of_services(
    mx: LabDevice, driver: Callable[..., PyezDriver]
) -> None:
    held = alg.logging(driver(mx))
    assert held is not None
    assert held.files == ("messages",)
    assert [(one.name, one.hosts, one.rules) for one in held.service_sets] == [("ss-ftp", ("local",), ("allow-ftp",))]
    assert [(one.rule, one.term, one.logs) for one in held.terms] == [("allow-ftp", "0", True)]
    asked = [text for entry in mx.inspect()["wire_log"] if "get-configuration" in (text := entry["text"])]
    assert len(asked) == 3
    assert all("service-set" in text or "stateful-firewall" in text or "syslog" in text for text in asked)


def test_an_srx_has_alg_status_and_no_conversations(start_lab: Callable, driver: Callable[..., PyezDriver]) -> None:
    setup = {"stateful_firewall": {"alg_disabled": ["rtsp"]}}
    session = driver(start_lab(persona="cluster-24.4", extra=setup)[0])
    states = alg.status(session)
    assert [(one.node, one.enabled["ftp"], one.enabled["rtsp"], len(one.enabled)) for one in states] == [
        ("node0", True, False, 16), ("node1", True, False, 16),
    ]  # fmt: skip
    for ask in (alg.conversations, alg.flows, alg.statistics, alg.alg_conversations):
        with pytest.raises(UnsupportedError):
            ask(session)
    text = session.command(Line.of("show security alg status")).text
    assert [one.enabled for one in alg_parser.parse(Source.of_text(text))] == [one.enabled for one in states]


def test_a_router_has_no_alg_status(mx: LabDevice, driver: Callable[..., PyezDriver]) -> None:
    with pytest.raises(UnsupportedError):
        alg.status(driver(mx))


def test_a_class_that_may_not_view_is_denied(mx: LabDevice, driver: Callable[..., PyezDriver]) -> None:
    session = driver(mx, user="blind")
    with pytest.raises(DeniedError):
        alg.conversations(session)
    assert alg.logging(session) is None


@pytest.mark.parametrize(
    "request_",
    [
        Rpc("get-service-sfw-conversation-information", (("application-protocol", "nonsense"),)),
        Rpc("get-service-sfw-conversation-information", (("service-set", "a; b"),)),
        Rpc("get-service-sfw-statistics-information", (("terse", None),)),
        Rpc("get-alg-status", (("extensive", None),)),
        Rpc("clear-service-sfw-flow-table-information"),
        Rpc("get-configuration", (), (), ("configuration", "services", "ipsec-vpn")),
    ],
    ids=str,
)
def test_anything_wider_does_not_leave(request_: Rpc) -> None:
    with pytest.raises(GuardError):
        guard.admit_element(request_.element())
