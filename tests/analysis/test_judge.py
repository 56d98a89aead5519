"""The verdict, on packets, sessions and drop records made for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.asked import Asked
from orchestrator.analysis.conversations import KEPT_PACKETS, join
from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.judge import judge
from orchestrator.model.flow import Endpoint, FlowKey
from orchestrator.model.flow_session import FlowSession, Wing
from orchestrator.model.flow_trace import Line, Outcome, TracePacket, Translation
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.verdict import Answer, Certainty, Verdict

KEY = FlowKey("10.1.1.10", 51001, "192.0.2.80", 443, 6)
OTHER = FlowKey("10.1.1.99", 40000, "198.51.100.9", 22, 6)
ASKED = Asked(source=Endpoint.parse("10.1.1.10"), destination=Endpoint.parse("192.0.2.80:443"))
ANY = Asked()
DENIED = "denied by policy no-mail(7), dropping pkt"
NAT = Translation(before="10.1.1.10", before_port=51001, after="203.0.113.1", after_port=2106)
TO_SERVER = Translation(before="192.0.2.80", before_port=443, after="10.9.9.80", after_port=8443)
TRANSLATED = FlowKey("192.0.2.80", 443, "203.0.113.1", 2106, 6)


def packet(key: FlowKey | None = KEY, outcome: Outcome = Outcome.FORWARDED, **more: Any) -> TracePacket:
    return TracePacket(key=key, outcome=outcome, **more)


def first(key: FlowKey = KEY, **more: Any) -> TracePacket:
    """The packet that makes a session: its bracket names zones and policy."""
    fields = {"from_zone": "trust", "to_zone": "untrust", "policy": "web", "policy_id": 5, "path": "first"}
    return packet(key, **(fields | more))


def dropped(key: FlowKey = KEY, reason: str = DENIED, **more: Any) -> TracePacket:
    return first(key, outcome=Outcome.DROPPED, reason=reason, policy="no-mail", **more)


def record(key: FlowKey = KEY, module: str = "POLICY") -> PacketDrop:
    return PacketDrop(time="10:00:00", key=key, module=module, detail="Dropped by policy")


def session(number: int, arrives: FlowKey, returns: FlowKey) -> FlowSession:
    def wing(direction: str, key: FlowKey) -> Wing:
        return Wing(direction=direction, source=key.source, destination=key.destination, protocol=key.protocol,
                    source_port=key.source_port, destination_port=key.destination_port)  # fmt: skip

    return FlowSession(session_id=number, wings=(wing("In", arrives), wing("Out", returns)))


def verdict(asked: Asked, *packets: TracePacket, **more: Any) -> Answer:
    return judge(asked, Evidence(packets=packets, **more)).answer


def test_packets_both_ways_without_a_drop_are_permitted() -> None:
    answer = verdict(ASKED, first(), packet(KEY.reverse()), packet())
    assert (answer.verdict, answer.certainty) == (Verdict.PERMITTED, Certainty.CERTAIN)
    assert "permitted by policy web from zone trust to zone untrust; 2 packets there, 1 back" in answer.sentence
    assert [one.symptom for one in answer.findings] == ["permitted"]


def test_a_drop_by_policy_is_denied() -> None:
    line = Line("trace", 7, "...RT: packet dropped, denied by policy")
    answer = verdict(ASKED, dropped(lines=[line]), dropped())
    assert (answer.verdict, answer.certainty) == (Verdict.DENIED, Certainty.LIKELY)  # no sample shows that wording
    assert "denied by policy no-mail from zone trust to zone untrust, 2 packets" in answer.sentence
    assert answer.findings[0].lines == (line,)
    assert "from-zone trust to-zone untrust" in answer.findings[0].next
    assert len(answer.findings) == 1  # what was dropped gets no reply: that is no symptom of its own


def test_a_drop_for_another_reason_is_dropped() -> None:
    answer = verdict(ASKED, first(), dropped(reason="for self but not interested"))
    assert (answer.verdict, answer.certainty) == (Verdict.DROPPED, Certainty.CERTAIN)
    assert "1 of 2 packets: for self but not interested." in answer.sentence


def test_one_drop_among_many_packets_is_not_lost() -> None:
    packets = [first(), *(packet() for _ in range(3 * KEPT_PACKETS)), dropped(reason="TCP sequence check failed")]
    answer = verdict(ASKED, *packets)
    assert answer.verdict is Verdict.DROPPED
    assert "TCP sequence check failed" in answer.sentence


def test_the_reason_given_is_the_one_seen_most() -> None:
    answer = verdict(ASKED, dropped(reason="a"), dropped(reason="b"), dropped(reason="b"))
    assert answer.sentence.endswith(": b.")


def test_a_drop_on_the_way_back_is_a_drop() -> None:
    answer = verdict(ASKED, first(), dropped(KEY.reverse(), reason="no route"))
    assert answer.verdict is Verdict.DROPPED


def test_nothing_seen_in_a_whole_trace_is_not_seen() -> None:
    answer = verdict(ASKED, first(OTHER))
    assert answer.verdict is Verdict.NOT_SEEN
    assert "before NAT" in answer.findings[0].next


def test_nothing_seen_in_what_is_left_of_a_trace_is_inconclusive() -> None:
    answer = verdict(ASKED, first(OTHER), gaps=("the trace was cut",))
    assert answer.verdict is Verdict.INCONCLUSIVE
    assert answer.missing


def test_nothing_seen_but_drop_records_is_inconclusive() -> None:
    answer = verdict(ASKED, drops=[record(), record(OTHER)])
    assert answer.verdict is Verdict.INCONCLUSIVE
    assert "1 drop records" in answer.sentence


def test_a_bracket_that_was_cut_is_never_a_drop() -> None:
    answer = verdict(ASKED, first(outcome=Outcome.UNKNOWN), packet(outcome=Outcome.UNKNOWN))
    assert answer.verdict is Verdict.INCONCLUSIVE
    assert "ends inside every packet" in answer.sentence
    assert answer.missing
    with_one_whole = verdict(ASKED, first(outcome=Outcome.UNKNOWN), packet())
    assert with_one_whole.verdict is Verdict.PERMITTED


def test_no_verdict_rests_on_a_packet_that_could_be_anothers() -> None:
    unclear = [dropped(ambiguous=True), first(ambiguous=True)]
    answer = verdict(ASKED, *unclear)
    assert answer.verdict is Verdict.INCONCLUSIVE
    assert "several threads" in answer.sentence
    assert verdict(ASKED, *unclear, packet()).verdict is Verdict.INCONCLUSIVE  # most of it is unclear
    answer = verdict(ASKED, *unclear, packet(), packet(KEY.reverse()))
    assert (answer.verdict, answer.certainty) == (Verdict.PERMITTED, Certainty.LIKELY)


HARMLESS = st.builds(
    packet,
    st.sampled_from([KEY, KEY.reverse(), TRANSLATED, OTHER, None]),
    st.sampled_from([Outcome.UNKNOWN, Outcome.FORWARDED]),
    session_id=st.none() | st.integers(1, 3),
    path=st.sampled_from(["", "first", "fast"]),
    source_nat=st.none() | st.just(NAT),
)
UNCLEAR = st.builds(dropped, st.sampled_from([KEY, OTHER]), ambiguous=st.just(True))


@given(packets=st.lists(HARMLESS | UNCLEAR, max_size=12), complete=st.booleans())
def test_without_one_clear_drop_no_trace_is_denied_or_dropped(packets: list[TracePacket], *, complete: bool) -> None:
    for asked in (ASKED, ANY):
        judgement = judge(asked, Evidence(packets=packets, gaps=() if complete else ("the trace was cut",)))
        answer, conversations = judgement.answer, judgement.conversations
        assert answer.verdict not in (Verdict.DENIED, Verdict.DROPPED)
        counted = sum(one.there.packets + one.back.packets for one in conversations)
        assert counted <= sum(1 for one in packets if one.key is not None)
        assert asked is ASKED or counted == sum(1 for one in packets if one.key is not None)


@pytest.mark.parametrize("path", ["first", "fast"])
def test_one_direction_only_is_a_finding(path: str) -> None:
    answer = verdict(ASKED, packet(path=path))
    assert (answer.verdict, answer.certainty) == (Verdict.PERMITTED, Certainty.CERTAIN)
    finding = answer.findings[1]
    assert finding.symptom == "one direction only"
    assert "the initiator's" in finding.saw
    assert "reverse filter" in finding.why
    assert "not traced" in verdict(ASKED, packet(path=path), both_directions=False).findings[1].why


def test_replies_alone_are_told_as_replies_and_only_make_it_likely() -> None:
    answer = verdict(ASKED, packet(KEY.reverse(), path="fast"), packet(KEY.reverse()))
    assert (answer.verdict, answer.certainty) == (Verdict.PERMITTED, Certainty.LIKELY)
    assert answer.sentence.startswith(f"{KEY}: permitted; 0 packets there, 2 back")
    assert "the responder's" in answer.findings[1].saw


def test_the_end_that_began_is_the_initiator_whatever_was_asked() -> None:
    answer = verdict(ASKED, first(KEY.reverse()))
    assert answer.sentence.startswith(str(KEY.reverse()))
    assert "the initiator's" in answer.findings[1].saw


def test_permitted_packets_against_a_drop_record_are_inconclusive() -> None:
    answer = verdict(ASKED, first(), packet(KEY.reverse()), drops=[record(OTHER)])
    assert (answer.verdict, answer.certainty) == (Verdict.PERMITTED, Certainty.CERTAIN)
    for key in (KEY, KEY.reverse()):
        contradicted = verdict(ASKED, first(), packet(KEY.reverse()), drops=[record(key)])
        assert contradicted.verdict is Verdict.INCONCLUSIVE
        assert "recorded a drop" in contradicted.contradictions[0]


def test_a_denial_on_soft_words_is_likely_until_a_record_says_the_same() -> None:
    soft = dropped(soft=["policy deny"])
    assert verdict(ASKED, soft).certainty is Certainty.LIKELY
    assert verdict(ASKED, soft, drops=[record()]).certainty is Certainty.CERTAIN
    assert verdict(ASKED, soft, drops=[record(module="FLOW")]).certainty is Certainty.LIKELY
    assert verdict(ASKED, soft, drops=[record(OTHER)]).certainty is Certainty.LIKELY


def test_replies_under_nat_seen_in_the_trace_are_the_way_back() -> None:
    judgement = judge(ASKED, Evidence(packets=[first(source_nat=NAT), packet(TRANSLATED)]))
    answer, (one,) = judgement.answer, judgement.conversations
    assert (one.there.packets, one.back.packets) == (1, 1)
    assert one.source_nat == "203.0.113.1/2106"
    assert "source becomes 203.0.113.1/2106; 1 packets there, 1 back" in answer.sentence


def test_replies_under_both_kinds_of_nat_are_the_way_back() -> None:
    returns = FlowKey("10.9.9.80", 8443, "203.0.113.1", 2106, 6)
    packets = [first(source_nat=NAT, destination_nat=TO_SERVER), packet(returns)]
    (one,) = judge(ASKED, Evidence(packets=packets)).conversations
    assert (one.there.packets, one.back.packets) == (1, 1)
    assert (one.source_nat, one.destination_nat) == ("203.0.113.1/2106", "10.9.9.80/8443")


def test_nat_is_also_read_from_the_session_table() -> None:
    known = [session(1, KEY, TRANSLATED)]
    for packets in ([packet(), packet(TRANSLATED)], [packet(TRANSLATED), packet()]):
        (one,) = judge(ASKED, Evidence(packets=packets, before=known)).conversations
        assert one.key == KEY
        assert (one.there.packets, one.back.packets) == (1, 1)


def test_without_any_word_of_nat_a_session_id_joins_both_ways() -> None:
    packets = [packet(session_id=9, path="fast"), packet(TRANSLATED, session_id=9)]
    (one,) = judge(ASKED, Evidence(packets=packets)).conversations
    assert (one.there.packets, one.back.packets) == (1, 1)


def test_a_session_id_used_again_begins_another_conversation() -> None:
    packets = [first(session_id=9), first(OTHER, session_id=9)]
    assert len(join(packets)) == 2


def test_both_sides_of_a_ping_are_one_conversation() -> None:
    ping = FlowKey("10.1.1.10", None, "192.0.2.80", None, 1)
    asked = Asked(source=Endpoint.parse("10.1.1.10"), protocol=1)
    judgement = judge(asked, Evidence(packets=[first(ping), packet(ping.reverse())]))
    answer, (one,) = judgement.answer, judgement.conversations
    assert answer.verdict is Verdict.PERMITTED
    assert (one.there.packets, one.back.packets) == (1, 1)
    assert answer.sentence.startswith("10.1.1.10 -> 192.0.2.80 icmp: permitted")


def test_a_ping_is_not_the_tcp_conversation_of_its_ends() -> None:
    ping = FlowKey("10.1.1.10", None, "192.0.2.80", None, 1)
    assert verdict(ASKED, first(ping)).verdict is Verdict.NOT_SEEN


def test_a_conversation_is_meant_from_either_end() -> None:
    assert verdict(Asked(source=ASKED.destination, destination=ASKED.source), first()).verdict is Verdict.PERMITTED


def test_of_several_conversations_the_dropped_ones_decide_and_are_counted() -> None:
    keys = [replace(KEY, source_port=port) for port in (1001, 1002, 1003)]
    judgement = judge(ASKED, Evidence(packets=[first(keys[0]), dropped(keys[1]), dropped(keys[1]), first(keys[2])]))
    answer, meant = judgement.answer, judgement.conversations
    assert len(meant) == 3
    assert answer.verdict is Verdict.DENIED
    assert "(1 of 3 conversations)" in answer.sentence
    assert answer.sentence.startswith(str(keys[1]))


def test_another_conversation_has_no_say() -> None:
    assert verdict(ASKED, first(), packet(KEY.reverse()), dropped(OTHER)).verdict is Verdict.PERMITTED
    assert verdict(ANY, first(), packet(KEY.reverse()), dropped(OTHER)).verdict is Verdict.DENIED


def test_a_packet_without_a_tuple_belongs_to_nobody() -> None:
    assert verdict(ANY, packet(None), dropped(None)).verdict is Verdict.NOT_SEEN  # type: ignore[arg-type]


def test_only_so_many_packets_are_kept_but_all_are_counted() -> None:
    (one,) = join([packet() for _ in range(2 * KEPT_PACKETS)])
    assert one.there.packets == 2 * KEPT_PACKETS
    assert len(one.packets) == KEPT_PACKETS
