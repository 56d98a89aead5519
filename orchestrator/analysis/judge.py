"""From conversations to a verdict. When unsure, ``inconclusive``: a wrong verdict is worse than none.

What stands firm: the bracket's end line (handled or dropped) and the reasons that published samples show. Wordings that
are general knowledge only make an answer ``likely``, unless another source says the same. Sources that contradict each
other are shown, and no verdict is taken from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from orchestrator.analysis import opinion
from orchestrator.analysis.asked import Asked
from orchestrator.analysis.case import Case
from orchestrator.analysis.conversations import Conversation, join
from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.opinion import Opinion
from orchestrator.analysis.packet_capture import passage
from orchestrator.analysis.rules import never_reached_flow
from orchestrator.analysis.window import When
from orchestrator.model.flow import FlowKey
from orchestrator.model.session_log import SessionEvent
from orchestrator.model.verdict import Answer, Certainty, Verdict

_GRAVEST = (Verdict.DENIED, Verdict.DROPPED, Verdict.INCONCLUSIVE, Verdict.PERMITTED)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer, and the conversations that matter with the opinion on each."""

    answer: Answer
    conversations: list[Conversation]
    opinions: list[Opinion]


def judge(asked: Asked, evidence: Evidence) -> Judgement:
    """Answer what happened to a conversation."""
    talks = join(evidence.packets or (), evidence.sessions, _other_keys(evidence))
    if evidence.flows is not None:
        held = Counter(key for one in talks for key in one.keys)
        for one in talks:
            one.recount(evidence.flows, {key for key in one.keys if held[key] > 1})
    meant = [one for one in talks if asked.is_of(one.keys)]
    for one in meant:
        if not asked.begins(one.keys) and all(packet.path != "first" for packet in one.packets):
            one.turn()  # only replies were seen, or they were seen first
    meant = [one for one in meant if asked.begins(one.keys)] or meant  # what the other end began is another matter
    seen = [one for one in meant if one.was_seen]
    if evidence.traced and not seen:
        return Judgement(_nothing_seen(asked, evidence, meant), meant, [])
    opinions = [opinion.of(Case(one, evidence)) for one in (seen if evidence.traced else meant)]
    opinions = [one for one in opinions if one.verdict is not None]
    if not opinions:
        return Judgement(_no_word(asked, evidence), meant, [])
    if evidence.traced:
        opinions += _unseen(evidence, [one for one in meant if not one.was_seen])
    return Judgement(_combined(asked, opinions), seen or meant, opinions)


def _other_keys(evidence: Evidence) -> Iterable[FlowKey]:
    yield from (one.key for one in evidence.logs or ())
    yield from (one.key for one in evidence.drops or ())
    yield from evidence.flows or ()
    yield from evidence.capture.arrivals() if evidence.capture is not None else ()
    yield from (wing.key for one in evidence.sessions if (wing := one.wing("In")) is not None)


def _combined(asked: Asked, opinions: Sequence[Opinion]) -> Answer:
    """The gravest opinion speaks for all; how many share it is told.

    Conversations of which no packet can be trusted have no say beside clear ones, and make the answer likely at most.
    """
    clear = [one for one in opinions if not one.is_unclear]
    unseen: tuple[str, ...] = ()
    if clear and len(clear) < len(opinions):
        unseen = (f"a clear trace of {len(opinions) - len(clear)} more conversations of these ends",)
        opinions = clear
    worst = min(opinions, key=lambda one: (_GRAVEST.index(one.verdict or Verdict.INCONCLUSIVE), -one.packets))
    if worst.verdict is Verdict.INCONCLUSIVE:
        more = f" (and {len(opinions) - 1} more conversations)" if len(opinions) > 1 else ""
        return replace(worst.answer(f"{asked}"), sentence=f"{worst.sentence}{more}.")
    alike = [one for one in opinions if one.verdict is worst.verdict]
    share = ""
    if len(opinions) > 1:
        every = f"all {len(opinions)}" if len(alike) == len(opinions) else f"{len(alike)} of {len(opinions)}"
        share = f" ({every} conversations)"
    if worst.verdict is not Verdict.PERMITTED:
        return worst.answer(f"{asked}", f", {_stopped(alike)}{share}")
    worst.ending = _counts(alike)
    answer = worst.answer(f"{asked}", share)
    if not unseen:
        return answer
    return replace(answer, certainty=Certainty.LIKELY, missing=(*answer.missing, *unseen))


def _stopped(opinions: Sequence[Opinion]) -> str:
    """How many packets of how many seen, over all conversations that ended alike."""
    stopped, seen = sum(one.stopped for one in opinions), sum(one.seen for one in opinions)
    of_all = f" of {seen}" if seen > stopped else ""
    return f"{stopped}{of_all} packet{'s' * (seen != 1)}"


def _counts(opinions: Sequence[Opinion]) -> str:
    """Packets of all conversations that are permitted; none are counted where nothing was traced."""
    talks = [one.case.conversation for one in opinions]
    there, back = (sum(one.there.forwarded for one in talks), sum(one.back.forwarded for one in talks))
    return f"; {there} packets there, {back} back" if there or back else ""


def _unseen(evidence: Evidence, silent: Sequence[Conversation]) -> list[Opinion]:
    """Conversations that the trace does not show, and of which other sources tell a drop or a denial meanwhile."""
    window = evidence.window
    told = []
    for talk in silent:
        case = Case(talk, evidence)
        case.drops = [one for one in case.drops if window is None or window.of_day(one.time) is not When.OUTSIDE]
        one = opinion.of(case)
        if one.verdict in {Verdict.DENIED, Verdict.DROPPED}:
            told.append(one)
    return told


def _nothing_seen(asked: Asked, evidence: Evidence, meant: Sequence[Conversation]) -> Answer:
    keys = {key for one in meant for key in one.keys}
    drops = sum(1 for one in evidence.drops or () if one.key in keys)
    denied = [one for one in evidence.logs or () if one.key in keys and one.kind is SessionEvent.DENY]
    if drops or denied:
        told = [f"{drops} drop records"] * bool(drops) + [f"{len(denied)} RT_FLOW denials"] * bool(denied)
        contradiction = f"the trace shows no packet, but the device has {' and '.join(told)} of it"
        return Answer(
            verdict=Verdict.INCONCLUSIVE, certainty=Certainty.LIKELY, sentence=f"{asked}: {contradiction}.",
            contradictions=(contradiction,), missing=("a trace of those packets", *evidence.gaps),
        )  # fmt: skip
    if captured := _captured(evidence, meant):
        contradiction = f"the trace shows no packet, but the packet capture holds {captured} of it"
        return Answer(
            verdict=Verdict.INCONCLUSIVE, certainty=Certainty.LIKELY, sentence=f"{asked}: {contradiction}.",
            contradictions=(contradiction,), missing=("a trace taken while they are captured", *evidence.gaps),
        )  # fmt: skip
    if evidence.gaps:
        return Answer(
            verdict=Verdict.INCONCLUSIVE, missing=evidence.gaps,
            sentence=f"{asked}: the trace shows no packet, but it cannot be trusted: {evidence.gaps[0]}.",
        )  # fmt: skip
    if not evidence.covers:
        return Answer(
            verdict=Verdict.INCONCLUSIVE, sentence=f"{asked}: the trace holds no packet of it.",
            missing=("the filters the trace was taken with: would they have taken it?",),
        )  # fmt: skip
    if (moved := _moved(asked, evidence)) is not None:
        contradiction = f"the trace shows no packet, yet session {moved} counted some meanwhile"
        return Answer(
            verdict=Verdict.INCONCLUSIVE, sentence=f"{asked}: {contradiction}.", contradictions=(contradiction,),
            missing=("filters that take the session's packets as they arrive, before NAT",),
        )  # fmt: skip
    nor = "" if evidence.capture is None else ", neither by the trace nor by the packet capture"
    return Answer(
        verdict=Verdict.NOT_SEEN, sentence=f"{asked}: no packet was seen{nor}.", findings=(never_reached_flow.FINDING,)
    )


def _captured(evidence: Evidence, meant: Sequence[Conversation]) -> int:
    """Packets of these conversations in the packet capture."""
    if evidence.capture is None:
        return 0
    return sum(passage(evidence.capture, one).packets for one in meant)


def _moved(asked: Asked, evidence: Evidence) -> int | None:
    """A session of the conversation whose counters differ between two looks at the table, or that is new."""
    counted: dict[int, set[tuple[int | None, ...]]] = {}
    for session in evidence.sessions:
        arrives = session.wing("In")
        if arrives is not None and asked.means(arrives.key):
            packets = tuple(wing.packets for wing in session.wings)
            counted.setdefault(session.session_id, set()).add(packets)
    if evidence.before is not None:  # a session that came since had its first packets meanwhile
        for one in evidence.after or ():
            if one.session_id in counted and one.session_id not in {each.session_id for each in evidence.before}:
                counted[one.session_id].add((0,))
    return next((number for number, seen in counted.items() if len(seen) > 1), None)


def _no_word(asked: Asked, evidence: Evidence) -> Answer:
    """None of the sources says anything of it, and there was no trace that would have."""
    named = ("drop records", evidence.drops), ("RT_FLOW", evidence.logs), ("the packet capture", evidence.capture)
    read = [text for text, held in named if held is not None]
    read += ["the session table"] * (evidence.before is not None or evidence.after is not None)
    where = f" in {', '.join(read)}" if read else ""
    return Answer(
        verdict=Verdict.INCONCLUSIVE, sentence=f"{asked}: nothing is said of it{where}.",
        missing=("a flow trace of the conversation",),
    )  # fmt: skip
