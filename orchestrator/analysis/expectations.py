"""What a playbook expects, held against what the evidence shows: each key is one check with its proof."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.judge import Judgement
from orchestrator.analysis.opinion import Opinion
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.session_log import SessionEvent
from orchestrator.model.verdict import Verdict
from orchestrator.playbook.playbook import COUNT, Expectation

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "": operator.eq, "=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One thing expected, whether it holds, and what was found."""

    name: str
    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is to hold expectations against."""

    judgement: Judgement
    evidence: Evidence

    @property
    def spoken(self) -> Opinion | None:
        """The opinion that gave the verdict."""
        said = [one for one in self.judgement.opinions if one.verdict is self.judgement.answer.verdict]
        return max(said, key=lambda one: one.packets) if said else None


def check(expected: Iterable[Expectation], judgement: Judgement, evidence: Evidence) -> list[Check]:
    """Hold everything expected against what was found, in the order written."""
    found = _Found(judgement, evidence)
    return [
        _CHECKS[key](key, getattr(one, key), found)
        for one in expected
        for key in type(one).model_fields
        if key in _CHECKS and getattr(one, key) is not None
    ]


def about_traffic(expected: Iterable[Expectation]) -> list[Expectation]:
    """Those that only evidence can answer; the others look at what a step did."""
    return [one for one in expected if any(getattr(one, key) is not None for key in _CHECKS)]


def names(expected: Iterable[Expectation]) -> Iterator[str]:
    """Each thing expected, in words."""
    for one in expected:
        for key in type(one).model_fields:
            if (value := getattr(one, key)) is not None:
                yield _name(key, value)


def unmet(expected: Iterable[Expectation], why: str) -> list[Check]:
    """Every check failed, because there is nothing to hold it against."""
    return [Check(name, passed=False, message=why) for name in names(expected)]


def _name(key: str, wanted: Any) -> str:
    if key == "unchanged":
        return f"unchanged: {', '.join(wanted)}"
    text = str(wanted)
    return f"{key.replace('_', ' ')} {text if text[:1] in '<>=' else f'is {text}'}"


def _verdict(key: str, wanted: Any, found: _Found) -> Check:
    answer = found.judgement.answer
    said = answer.verdict if key == "verdict" else answer.certainty
    return Check(_name(key, wanted), said is wanted, f"{said}: {answer.sentence}")


def _of_conversation(key: str, wanted: Any, found: _Found) -> Check:
    """A name that the first packet's bracket, the session or the log gives."""
    values = [value for value in _values(key, found) if value]
    if key.endswith("_nat"):
        held = values or ["none"]
        passed = all(one == wanted or one.partition("/")[0] == wanted for one in held)
    else:
        held, passed = values, bool(values) and all(one == wanted for one in values)
    told = ", ".join(dict.fromkeys(held)) or "not known from this evidence"
    return Check(_name(key, wanted), passed, f"found {told}")


def _values(key: str, found: _Found) -> Iterator[str]:
    spoken = found.spoken
    if spoken is None:
        return
    yield getattr(spoken.case.conversation, key)
    if key in {"policy", "from_zone", "to_zone"}:
        yield from (getattr(one, key) for one in spoken.case.logs)
    if key == "policy" and spoken.verdict is Verdict.PERMITTED:
        yield from (one.policy for one in spoken.case.after)
    if key in {"source_nat", "destination_nat"}:
        for one in spoken.case.after:
            end = getattr(one, key)
            yield f"{end[0]}/{end[1]}" if end and end[1] is not None else end[0] if end else ""


def _sessions(key: str, wanted: Any, found: _Found) -> Check:
    if found.evidence.after is None:
        return Check(_name(key, wanted), passed=False, message="the session table was not read after the trace")
    return _counted(key, wanted, len(found.evidence.after), "sessions stand in the table")


def _drops(key: str, wanted: Any, found: _Found) -> Check:
    evidence = found.evidence
    if evidence.packets is None and evidence.drops is None:
        return Check(_name(key, wanted), passed=False, message="neither a trace nor drop records were read")
    talks = found.judgement.conversations
    traced = sum(one.there.dropped + one.back.dropped for one in talks)
    keys = {name for one in talks for name in one.keys}
    recorded = sum(1 for one in evidence.drops or () if one.key in keys)
    if evidence.gaps and wanted in {"0", "=0", "<1", "<=0"}:
        return Check(_name(key, wanted), passed=False, message=f"cannot be known: {evidence.gaps[0]}")
    return _counted(key, wanted, max(traced, recorded), "packets were dropped")


def _counted(key: str, wanted: str, count: int, what: str) -> Check:
    written = COUNT.fullmatch(wanted)
    assert written is not None
    return Check(_name(key, wanted), _COMPARE[written["how"]](count, int(written["number"])), f"{count} {what}")


def _close_reason(key: str, wanted: Any, found: _Found) -> Check:
    keys = {name for one in found.judgement.conversations for name in one.keys}
    closes = [one for one in found.evidence.logs or () if one.kind is SessionEvent.CLOSE and one.key in keys]
    if not closes:
        why = "RT_FLOW was not read" if found.evidence.logs is None else "RT_FLOW has no close record of it"
        return Check(_name(key, wanted), passed=False, message=why)
    last = closes[-1]
    return Check(_name(key, wanted), last.reason == wanted, f"found {last.reason}: {last.line.text[:300]}")


def _unchanged(key: str, wanted: Any, found: _Found) -> Check:
    if found.evidence.before is None or found.evidence.after is None:
        return Check(_name(key, wanted), passed=False, message="the session table was not read before and after")
    then = {wing.key: one for one in found.evidence.before if (wing := one.wing("In"))}
    changes = []
    kept = 0
    for now in found.evidence.after:
        wing = now.wing("In")
        before = then.get(wing.key) if wing else None
        if before is not None:
            kept += 1
            changes += [
                f"{what} of session {now.session_id} was {_aspect(before, what)}, is {_aspect(now, what)}"
                for what in wanted
                if _aspect(before, what) != _aspect(now, what)
            ]
    return Check(_name(key, wanted), not changes, "; ".join(changes) or f"{kept} sessions stood before and after")


def _aspect(session: FlowSession, what: str) -> Any:
    if what == "policy":
        return session.policy
    if what == "nat":
        return session.source_nat, session.destination_nat
    return tuple(wing.interface for wing in session.wings)


_CHECKS: dict[str, Callable[[str, Any, _Found], Check]] = {
    "verdict": _verdict,
    "certainty": _verdict,
    "policy": _of_conversation,
    "from_zone": _of_conversation,
    "to_zone": _of_conversation,
    "source_nat": _of_conversation,
    "destination_nat": _of_conversation,
    "sessions": _sessions,
    "close_reason": _close_reason,
    "drops": _drops,
    "unchanged": _unchanged,
}
