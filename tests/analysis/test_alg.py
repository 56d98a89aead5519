"""The ALG document's troubleshooting questions: each rule finds its symptom, and nothing in what works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from orchestrator.analysis.alg import AlgCase, examine
from orchestrator.analysis.alg.roles import role_of
from orchestrator.model.alg import Activity, AlgHealth, AlgStatus
from orchestrator.model.stateful_firewall import ServiceConversation
from orchestrator.parsers import alg, service_log, services_logging, stateful_firewall
from orchestrator.parsers.source import Source

DATA = Path(__file__).parent.parent / "data"
FTP = (DATA / "stateful_firewall/ftp/input.txt").read_text()
RTSP = (DATA / "stateful_firewall/rtsp/input.txt").read_text()
STATISTICS = (DATA / "stateful_firewall/statistics/input.txt").read_text()
CONFIGURATION = """<configuration>
<system><syslog><file><name>messages</name><contents><name>any</name><any/></contents></file></syslog></system>
<services>
<service-set><name>svc_set</name><syslog><host><name>local</name><services>any</services></host></syslog>
<stateful-firewall-rules><name>allow_rtsp</name></stateful-firewall-rules></service-set>
<stateful-firewall><rule><name>allow_rtsp</name><term><name>0</name>
<then><accept/><syslog/></then></term></rule></stateful-firewall>
</services></configuration>"""


def talks(text: str) -> tuple[ServiceConversation, ...]:
    return tuple(one for one in stateful_firewall.parse(Source.of_text(text)) if isinstance(one, ServiceConversation))


def counters(text: str) -> tuple:
    return tuple(stateful_firewall.parse(Source.of_text(text)))


def logs(text: str) -> tuple:
    return tuple(service_log.parse(Source.of_text(text)))


def logging(text: str = CONFIGURATION):
    return services_logging.parse(etree.fromstring(text))


def symptoms(health: AlgHealth) -> list[str]:
    return [one.symptom for one in health.findings]


def seen(text: str, alg_name: str) -> list[str]:
    return symptoms(examine(AlgCase(wanted=alg_name, conversations=talks(text))))


def without(text: str, *words: str) -> str:
    """The text without flows that hold a word, and with the heading's numbers put right."""
    lines = text.splitlines()
    kept = [line for line in lines if not any(word in line for word in words)]
    return "\n".join(kept)


# -- what works ----------------------------------------------------------------------------------------------------


def test_the_documents_ftp_session_is_transferring_and_nothing_is_wrong() -> None:
    health = examine(AlgCase(wanted="ftp", conversations=talks(FTP), statistics=counters(STATISTICS)))
    assert (health.activity, symptoms(health)) == ({"ftp": Activity.TRANSFERRING}, [])
    assert [one.role for one in health.roles] == [
        "control initiator", "data initiator", "control responder", "data responder",
    ]  # fmt: skip


def test_the_documents_rtsp_session_is_well_though_media_comes_one_way() -> None:
    health = examine(AlgCase(wanted="rtsp", conversations=talks(RTSP), logging=logging()))
    assert (health.activity, symptoms(health)) == ({"rtsp": Activity.TRANSFERRING}, [])
    assert [one.role.is_data for one in health.roles].count(True) == 8


# -- R1 to R6 ------------------------------------------------------------------------------------------------------


BROKEN: list[tuple[str, str, Callable[[str], str], list[str]]] = [
    ("ftp", "no frames", lambda t: t.replace("I            13", "I             0"),
     ["ftp control flow without packets"]),
    ("ftp", "no conversation", lambda t: t.replace("protocol: ftp", "protocol: none"),
     ["ftp traffic passes without its ALG"]),
    ("rtsp", "nobody speaks it", lambda _: FTP, ["no rtsp conversation"]),
    ("ftp", "no data", lambda t: without(t, ":20 ", ":14104", "50119").replace(": 2", ": 1"),
     ["ftp control is up, the data flow is missing"]),
    ("rtsp", "no media", lambda t: without(t, "UDP").replace(": 5", ": 1"),
     ["rtsp control is up, the media flow is missing"]),
    ("rtsp", "no media moves", lambda t: t.replace("O             6", "O             0").replace(
        "O             3", "O             0"), ["rtsp media flows carry nothing"]),
    ("rtsp", "no way back", lambda t: without(t, "2.2.2.2:554 ->").replace("responders: 5", "responders: 4"),
     ["rtsp control flow is missing"]),
    ("ftp", "forwarded", lambda t: t.replace("Watch    I", "Forward  I"), ["ftp control flow is not watched"]),
    ("rtsp", "dropped", lambda t: t.replace("Watch    O", "Drop     O"), ["rtsp control flow is not watched"]),
    ("ftp", "not undone", lambda t: t.replace("50118 -> 1.1.79.2:14083", "50118 -> 1.1.79.2:14099"),
     ["ftp NAT is not undone on the way back"]),
    ("ftp", "no way to undo", lambda t: without(t, "NAT dest    194.250.1.237:50118"),
     ["ftp NAT is not undone on the way back"]),
    ("ftp", "other flow's", lambda t: t.replace("NAT source       1.1.79.2:14083", "NAT source       1.1.79.9:14083"),
     ["ftp NAT line is of another flow", "ftp NAT is not undone on the way back"]),
    ("ftp", "wrong side", lambda t: t.replace("Watch    O", "Watch    I").replace(
        "initiators: 2, Number of responders: 2", "initiators: 3, Number of responders: 1"),
     ["ftp control flow is missing", "ftp flow runs against its role"]),
    ("ftp", "heading", lambda t: t.replace("initiators: 2", "initiators: 4"),
     ["ftp flows and heading do not agree"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "what", "damage", "found"), BROKEN, ids=[f"{one[0]}-{one[1]}" for one in BROKEN])
def test_each_question_finds_its_symptom_and_no_other(
    wanted: str, what: str, damage: Callable[[str], str], found: list[str]
) -> None:
    text = FTP if wanted == "ftp" else RTSP
    assert damage(text) != text, what
    assert seen(damage(text), wanted) == found


def test_a_finding_brings_its_evidence() -> None:
    (finding,) = examine(AlgCase(wanted="ftp", conversations=talks(FTP.replace("Watch    I", "Drop     I")))).findings
    assert "1.1.79.2/14083 -> 2.2.2.2/21 tcp" in finding.saw
    assert finding.lines[0].number == 7
    assert "Drop" in finding.lines[0].text


def test_passive_ftp_data_is_told_by_its_state_and_direction() -> None:
    passive = FTP.replace("2.2.2.2:20 ", "2.2.2.2:40123 ")
    (one,) = talks(passive)
    assert [role_of("ftp", flow) for flow in one.flows][1::2] == ["data initiator", "data responder"]
    assert seen(passive, "ftp") == []


def test_other_algs_are_told_by_their_states() -> None:
    (one,) = talks(FTP.replace("protocol: ftp", "protocol: sip"))
    assert [role_of("sip", flow) for flow in one.flows] == [
        "control initiator", "data initiator", "control responder", "data responder",
    ]  # fmt: skip


# -- R7 and sums ---------------------------------------------------------------------------------------------------


def test_errors_are_compared_between_two_readings_and_never_by_their_size() -> None:
    high = STATISTICS.replace("Exec: 0, FTP: 0", "Exec: 0, FTP: 90").replace("0, ALG: 0", "0, ALG: 90")
    higher = high.replace(" FTP: 90", " FTP: 93").replace("ALG: 90", "ALG: 93")
    still = examine(AlgCase(wanted="ftp", earlier=counters(high), statistics=counters(high)))
    assert symptoms(still) == []
    grown = examine(AlgCase(wanted="ftp", earlier=counters(high), statistics=counters(higher)))
    assert symptoms(grown) == ["ftp ALG errors grow"]
    assert (grown.findings[0].packets, "90 -> 93" in grown.findings[0].saw) == (3, True)
    assert "FTP: 93" in grown.findings[0].lines[0].text
    once = examine(AlgCase(wanted="ftp", statistics=counters(high)))
    assert symptoms(once) == []
    assert any("read once" in text for text in once.not_checked)
    cleared = examine(AlgCase(wanted="ftp", earlier=counters(higher), statistics=counters(high)))
    assert any("cleared" in text for text in cleared.not_checked)


def test_totals_are_the_sum_of_their_counters() -> None:
    off = counters(STATISTICS.replace("IP: 0, TCP: 276", "IP: 2, TCP: 277"))
    assert symptoms(examine(AlgCase(statistics=off))) == ["IP errors do not add up", "TCP errors do not add up"]
    brief = STATISTICS[: STATISTICS.index("    IP errors:")]
    assert symptoms(examine(AlgCase(statistics=counters(brief)))) == []


# -- R8 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "instead", "levels"),
    [
        ("<name>any</name><any/>", "<name>kernel</name><any/>", ["system"]),
        ("<name>any</name><any/>", "<name>any</name><critical/>", ["system"]),
        ("<services>any</services>", "", ["service set svc_set"]),
        ("<accept/><syslog/>", "<accept/>", ["rule"]),
        ("<host><name>local</name>", "<host><name>192.0.2.9</name>", []),
        ("<syslog><host>", '<syslog inactive="inactive"><host>', ["service set svc_set"]),
        ("</name><contents>", "</name><match>!(.*ASP_.*)</match><contents>", ["system"]),
    ],
)
def test_the_level_without_logging_is_named(statement: str, instead: str, levels: list[str]) -> None:
    assert statement in CONFIGURATION
    held = logging(CONFIGURATION.replace(statement, instead))
    found = symptoms(examine(AlgCase(conversations=talks(RTSP), logging=held)))
    assert found == [f"logging is missing at the level of the {level}" for level in levels]


def test_another_service_set_does_not_matter() -> None:
    other = logging(CONFIGURATION.replace("svc_set", "other").replace("<accept/><syslog/>", "<accept/>"))
    assert symptoms(examine(AlgCase(conversations=talks(RTSP), logging=other))) == []


def test_data_that_no_rule_matched_is_joined_to_its_control_connection() -> None:
    refused = (
        "Oct 27 11:43:30 mx1 (FPC Slot 1, PIC Slot 1) {svc_set}[FWNAT]: ASP_SFW_NO_RULE_DROP: proto 17 (UDP), "
        "ge-1/0/0.0:2.2.2.2:6970 -> 1.1.1.3:6970, No SFW rule match"
    )
    health = examine(AlgCase(wanted="rtsp", conversations=talks(RTSP), logs=logs(refused)))
    assert symptoms(health) == ["data arrives, and no flow was made for it"]
    others = refused.replace("1.1.1.3:", "1.1.1.99:")
    assert symptoms(examine(AlgCase(wanted="rtsp", conversations=talks(RTSP), logs=logs(others)))) == []
    control = refused.replace("2.2.2.2:6970", "2.2.2.2:554")
    assert symptoms(examine(AlgCase(wanted="rtsp", conversations=talks(RTSP), logs=logs(control)))) == []


# -- SRX and other cards -------------------------------------------------------------------------------------------


def test_an_srx_says_what_is_off_and_what_it_cannot_tell() -> None:
    status = AlgStatus(enabled={"ftp": False, "rtsp": True})
    assert symptoms(examine(AlgCase(wanted="ftp", status=(status,)))) == ["the ftp ALG is disabled"]
    health = examine(AlgCase(wanted="rtsp", status=(status,)))
    assert (symptoms(health), health.activity) == ([], None)
    assert any("flow sessions" in text for text in health.not_checked)


def test_a_parent_session_without_children_is_found() -> None:
    held = tuple(alg.parse(Source.of_text((DATA / "alg/conversations/input.txt").read_text())))
    assert symptoms(examine(AlgCase(sessions=held))) == ["FTP ALG parent session without a child"]
    assert symptoms(examine(AlgCase(wanted="sql", sessions=held))) == []


def test_what_was_not_read_is_said_and_never_taken_for_empty() -> None:
    nothing = examine(AlgCase(wanted="ftp"))
    assert (nothing.activity, nothing.findings) == (None, ())
    assert len(nothing.not_checked) == 4
    empty = examine(replace(AlgCase(wanted="ftp"), conversations=()))
    assert symptoms(empty) == ["no ftp conversation"]
    assert empty.activity == {"ftp": Activity.ABSENT}
