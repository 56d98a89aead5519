"""What happened to one conversation, as far as the sources agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.analysis import packet_capture, rules
from orchestrator.analysis.case import Case
from orchestrator.analysis.evidence import Source
from orchestrator.analysis.window import When, Window
from orchestrator.model.session_log import SessionEvent
from orchestrator.model.verdict import Answer, Certainty, Finding, Verdict


@dataclass(slots=True)
class Opinion:
    """Verdict, certainty and reasons of one conversation; ``verdict`` is ``None`` when no source says a word."""

    case: Case
    verdict: Verdict | None = None
    certainty: Certainty = Certainty.CERTAIN
    sentence: str = ""
    ending: str = ""  # what follows the share of conversations in the sentence
    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    packets: int = 0
    stopped: int = 0  # packets, of so many seen
    seen: int = 0
    is_unclear: bool = False  # packets were seen, and not one of them can be trusted

    def answer(self, asked: str, share: str = "") -> Answer:
        """As the answer to what was asked; ``share`` goes between what happened and why."""
        assert self.verdict is not None
        return Answer(
            verdict=self.verdict, certainty=self.certainty,
            sentence=f"{self.sentence or asked}{share}{self.ending}.", findings=tuple(self.findings),
            missing=tuple(self.missing), contradictions=tuple(self.contradictions),
        )  # fmt: skip


def of(case: Case) -> Opinion:
    """Weigh what the rules found."""
    stops, told = rules.stops(case), rules.symptoms(case)
    opinion = Opinion(case, packets=len(case.dropped) or case.conversation.there.forwarded)
    traced = [one for one in stops if Source.TRACE in one.sources]
    if traced:
        _stopped(opinion, traced[0], [*traced, *(one for one in stops if one not in traced)])
    elif case.forwarded and not case.is_mostly_unclear:
        _handled(opinion, stops)
    elif stops:
        _stopped(opinion, stops[0], stops)  # other sources may know what the trace leaves open
    elif case.evidence.traced:
        _unclear(opinion)
    else:
        _untraced(opinion)
    opinion.findings += told
    _crossed(opinion)
    if opinion.contradictions:
        opinion.verdict, opinion.certainty = Verdict.INCONCLUSIVE, Certainty.LIKELY
        opinion.sentence, opinion.ending = f"{case.conversation.key}: {opinion.contradictions[0]}", ""
    return opinion


def _crossed(opinion: Opinion) -> None:
    """What the packet capture shows: packets on their way out belie a trace that shows only drops."""
    case, talk = opinion.case, opinion.case.conversation
    capture, passage = case.evidence.capture, case.passage
    if capture is None or passage is None or opinion.verdict is None:
        return
    told = packet_capture.finding(capture, passage, Source.CAPTURE.value)
    if told is None:
        return
    opinion.findings.append(told)
    window = case.evidence.window
    if window is not None and capture.start is not None and _is_outside(window, capture.start, capture.end):
        opinion.missing.append("a packet capture of the same time: the one that was read is of another")
    elif talk.there.dropped and not talk.there.forwarded and passage.there.left:
        opinion.contradictions.append(
            f"the trace shows only drops, but the packet capture shows {passage.there.left} of its packets leaving"
        )


def _is_outside(window: Window, start: datetime, end: datetime | None) -> bool:
    moments = (start, end or start)
    return all(window.of_stamp(one.isoformat()) is When.OUTSIDE for one in moments)


def _stopped(opinion: Opinion, main: Finding, stops: Sequence[Finding]) -> None:
    """Denied or dropped."""
    case, talk = opinion.case, opinion.case.conversation
    opinion.verdict, opinion.findings = main.verdict, list(stops)
    denied = main.verdict is Verdict.DENIED
    packet = next((one for one in case.dropped if one.reason == main.saw), None)
    zones = (packet.from_zone, packet.to_zone) if packet and packet.from_zone else (talk.from_zone, talk.to_zone)
    count = (talk.there.dropped + talk.back.dropped) or main.packets
    where = f" from zone {zones[0]}" if zones[0] else ""
    where += f" to zone {zones[1]}" if where and zones[1] else ""
    policy = f" by policy {name}" if denied and (name := packet.policy if packet else _logged_policy(case)) else ""
    opinion.sentence = f"{talk.key}: {main.verdict}{policy}{where}"
    opinion.stopped, opinion.seen = count, max(count, talk.there.packets + talk.back.packets)
    opinion.ending = f": {main.saw}"
    silent = _silent(case, main)
    if len(main.sources) == 1 and (main.soft or silent or Source.TRACE not in main.sources):
        opinion.certainty = Certainty.LIKELY
        opinion.missing += silent
        if main.soft:
            opinion.missing.append(
                "a drop record or RT_FLOW record that says the same: the trace's wording is no proof"
            )
    if not case.dropped or case.forwarded:
        return
    if alive := case.moved:
        opinion.contradictions.append(
            f"the trace shows only drops, but session {alive[0].session_id} stands in the table and has counted packets"
        )
    elif any(one.kind is SessionEvent.CREATE for one in case.logs):
        opinion.contradictions.append("the trace shows only drops, but RT_FLOW has a session made for it")


def _logged_policy(case: Case) -> str:
    return next((one.policy for one in case.logs if one.kind is SessionEvent.DENY), "")


def _silent(case: Case, main: Finding) -> list[str]:
    """Sources that were read and should have said the same, and did not."""
    silent = []
    if case.evidence.drops is not None and Source.DROPS not in main.sources:
        silent.append("a packet-drop record of it: the device's records were read and hold none")
    known, talk = case.evidence.policies, case.conversation
    policy = known.named(talk.policy, talk.from_zone, talk.to_zone) if known else None
    logs = policy is not None and policy.log_init and main.verdict is Verdict.DENIED
    if case.evidence.logs is not None and logs and Source.LOG not in main.sources:
        silent.append("an RT_FLOW record of the denial: the policy logs, and the log holds none")
    return silent


def _handled(opinion: Opinion, stops: Sequence[Finding]) -> None:
    """Permitted, unless another source says that packets of the same conversation were stopped."""
    case, talk = opinion.case, opinion.case.conversation
    opinion.verdict, opinion.findings = Verdict.PERMITTED, [_permitted(case), *stops]
    policy = f" by policy {talk.policy}" if talk.policy else ""
    where = f" from zone {talk.from_zone} to zone {talk.to_zone}" if talk.from_zone else ""
    opinion.sentence = f"{talk.key}: permitted{policy}{where}{_nat_words(case)}"
    opinion.ending = f"; {talk.there.forwarded} packets there, {talk.back.forwarded} back"
    denied = [one for one in case.logs if one.kind is SessionEvent.DENY]
    if denied:
        opinion.contradictions.append("the trace shows its packets handled, but RT_FLOW has a denial of it")
    window = case.evidence.window
    inside = [one for one in case.drops if window is None or window.of_day(one.time) is not When.OUTSIDE]
    if inside:
        opinion.contradictions.append(
            f"the trace shows its packets handled, but the device recorded a drop of it meanwhile: {inside[0].reason}"
        )
    elif case.drops:
        opinion.missing.append("the device also has drop records of this conversation, of a time the trace has not")
    if len(case.logs) < sum(one.key in talk.keys for one in case.evidence.logs or ()):
        opinion.missing.append("RT_FLOW also has records of this conversation, of a time the trace has not")
    if talk.there.ambiguous or talk.back.ambiguous:
        opinion.missing.append("a less crowded trace: some of its packets could not be told from those of others")
    if talk.is_sampled:
        opinion.missing.append("a trace of less: of its replies only some could be told from those of other clients")
    opinion.missing += case.evidence.gaps
    if opinion.missing or not talk.there.forwarded:
        opinion.certainty = Certainty.LIKELY


def _permitted(case: Case) -> Finding:
    first = case.forwarded[0]
    count = case.conversation.there.forwarded + case.conversation.back.forwarded
    return Finding(
        symptom="permitted",
        saw=f"{count} packets handled without a drop",
        why="the device ended their brackets with rc 0x0",
        next="if the application still fails, look at the server and at the way back",
        lines=case.proof(first),
        verdict=Verdict.PERMITTED,
        sources=(Source.TRACE.value,),
        packets=count,
    )


def _nat_words(case: Case) -> str:
    talk, words = case.conversation, ""
    if talk.source_nat:
        words += f", source becomes {talk.source_nat}"
    if talk.destination_nat:
        words += f", destination becomes {talk.destination_nat}"
    return words


def _unclear(opinion: Opinion) -> None:
    """Packets were seen, and not one of them can be trusted."""
    talk = opinion.case.conversation
    count = talk.there.packets + talk.back.packets
    ambiguous = talk.there.ambiguous + talk.back.ambiguous > 0
    why = "packets of several threads could not be told apart" if ambiguous else "the trace ends inside every packet"
    opinion.verdict, opinion.certainty, opinion.is_unclear = Verdict.INCONCLUSIVE, Certainty.LIKELY, True
    opinion.sentence = f"{talk.key}: {count} packets seen, but {why}"
    opinion.missing.append("a longer or less crowded trace")


def _untraced(opinion: Opinion) -> None:
    """Without a trace a session, in the table or in the log, says that a policy let it through."""
    case, talk = opinion.case, opinion.case.conversation
    logs = [one for one in case.logs if one.kind is not SessionEvent.DENY]
    sessions = [*case.after, *case.before]
    if not (logs or sessions):
        _captured(opinion)
        return
    opinion.verdict, opinion.certainty = Verdict.PERMITTED, Certainty.LIKELY
    policy = logs[-1].policy if logs else sessions[0].policy
    name = Source.LOG if logs else Source.AFTER if case.after else Source.BEFORE
    opinion.sentence = f"{talk.key}: permitted{f' by policy {policy}' if policy else ''}, a session was made for it"
    opinion.missing.append("a flow trace: what became of its packets is only counted")
    opinion.findings.append(Finding(
        symptom="permitted", saw="a session of it in " + ("the log" if logs else "the session table"),
        why="a session is made only after route, policy and translation were found", verdict=Verdict.PERMITTED,
        next="if the application still fails, trace it", sources=(name.value,), packets=1,
        lines=(logs[-1].line,) if logs else (case.quoted(sessions[0]),),
    ))  # fmt: skip


def _captured(opinion: Opinion) -> None:
    """Only a packet capture speaks: packets that left were let through, of others the device alone knows."""
    passage, talk = opinion.case.passage, opinion.case.conversation
    if passage is None or not passage.packets:
        return
    opinion.certainty = Certainty.LIKELY
    opinion.missing.append("a flow trace: a packet capture does not say why")
    if passage.there.left:
        opinion.verdict = Verdict.PERMITTED
        opinion.sentence = f"{talk.key}: permitted, {passage.there.left} of its packets were captured leaving"
    else:
        opinion.verdict = Verdict.INCONCLUSIVE
        opinion.sentence = f"{talk.key}: {passage.there.arrived} packets were captured, none on its way out"
