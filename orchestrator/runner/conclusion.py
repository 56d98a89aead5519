"""What a device's run comes to: its files read as evidence, judged, and held against what the playbook expects."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis import expectations, ipsec_switch
from orchestrator.analysis.asked import Asked
from orchestrator.analysis.evidence import Evidence, Source, SourceState, State
from orchestrator.analysis.gather import gather
from orchestrator.analysis.judge import Judgement, judge
from orchestrator.errors import ParseError
from orchestrator.model import tags
from orchestrator.model.files import Artifact
from orchestrator.model.flow_trace import TracePacket
from orchestrator.playbook.playbook import Playbook, Step
from orchestrator.runner import alg_conclusion, facility_conclusion
from orchestrator.runner.evidence_files import to_read
from orchestrator.runner.result import DeviceResult, Status

# The kinds of step whose files are evidence beside the trace, and the source they stand for.
_SOURCES = {"packet_drop": Source.DROPS, "system_log": Source.LOG, "packet_capture": Source.CAPTURE}


def conclude(result: DeviceResult, playbook: Playbook, run_id: str) -> None:
    """Fill in answer, conversations and checks. A run that traced nothing and expects nothing has no verdict.

    An interrupted trace is evidence too.
    """
    _judge(result, playbook, run_id)
    facility_conclusion.conclude(result)
    if result.status is Status.COMPLETED:
        switches = [told.data for told in result.steps if told.kind == ipsec_switch.STEP]
        ending = ipsec_switch.Ending(result.obligations_open)
        result.checks += ipsec_switch.checks(playbook.expect, switches, ending)
        alg_conclusion.conclude(result, playbook)
    else:  # whatever was not held against evidence has nothing to be held against
        held = {one.name for one in result.checks}
        missing = expectations.unmet(playbook.expect, f"the run was {result.status}")
        result.checks += [one for one in missing if one.name not in held]


def _judge(result: DeviceResult, playbook: Playbook, run_id: str) -> None:
    begun = playbook.steps[: len(result.steps)]
    trace = next((step for step in reversed(begun) if step.kind == "flow_trace"), None)
    traced = trace is not None and (_files(result, "flow_trace") or result.status is Status.COMPLETED)
    completed = result.status is Status.COMPLETED
    captured = bool(_files(result, "pcap"))
    if not (traced or captured) and not (expectations.about_traffic(playbook.expect) and completed):
        return
    asked = result.asked = _asked(trace or next((step for step in begun if hasattr(step.args, "source")), None))
    try:
        evidence = gather(to_read(result.artifacts), asked, mine=lambda packet: is_ours(packet, run_id))
    except ParseError as error:
        result.notes.append(f"what came home could not be read: {error}")
        traffic = expectations.about_traffic(playbook.expect)
        result.checks = expectations.unmet(traffic, "what came home could not be read")
        return
    if trace is not None:
        if evidence.packets is None:  # no file came home because no packet matched
            evidence.packets = []
            evidence.states = [_seen_nothing(one) for one in evidence.states]
        evidence.both_directions = getattr(trace.args, "directions", "both") == "both"
    evidence.gaps = _gaps(result, evidence.gaps)
    if evidence.capture is None and any(told.kind == "packet_capture" for told in result.steps):
        evidence.states.append(SourceState(Source.CAPTURE, State.NOT_AVAILABLE, "not read"))
    evidence.states = [_told(one, result, evidence) for one in evidence.states]
    result.evidence, result.judgement = evidence, judge(asked, evidence)
    evidence.states = [_whether_logged(one, result.judgement, evidence) for one in evidence.states]
    result.checks = expectations.check(playbook.expect, result.judgement, evidence)


def _files(result: DeviceResult, kind: str) -> list[Artifact]:
    return [one for one in result.artifacts if one.kind == kind]


def _asked(step: Step | None) -> Asked:
    if step is None:
        return Asked()
    talk = getattr(step.args, "conversation", None) or (step.args if step.kind != "flow_trace" else None)
    if talk is None:
        return Asked()
    return Asked(
        source=getattr(talk, "source", None),
        destination=getattr(talk, "destination", None),
        protocol=getattr(talk, "protocol", None),
    )


def is_ours(packet: TracePacket, run_id: str) -> bool:
    """Whether one of this run's filters took the packet: a colleague's file also holds what hers took."""
    owners = (tags.read(name) for name in packet.filter.split(","))
    return any(tag is not None and tag.run_id == run_id for tag in owners)


def _gaps(result: DeviceResult, shown: tuple[str, ...]) -> tuple[str, ...]:
    """Why the trace may not tell everything."""
    gaps = [text for told in result.steps for text in told.data.get("gaps", ())]
    gaps += shown
    if result.status is not Status.COMPLETED:
        gaps.append("the capture was ended before its time")
    return tuple(dict.fromkeys(gaps))


def _seen_nothing(state: SourceState) -> SourceState:
    if state.name is not Source.TRACE:
        return state
    return SourceState(Source.TRACE, State.EMPTY, "the device wrote no trace file")


def _told(state: SourceState, result: DeviceResult, evidence: Evidence) -> SourceState:
    """Say why a source is silent: what the step that asked for it was told, or that the policy does not log."""
    if state.name is Source.CAPTURE and evidence.capture is not None:
        most = [told.data.get("count") for told in result.steps if told.kind == "packet_capture"]
        if evidence.capture.packets in most:
            return replace(state, says=f"{state.says}, as many as it was to take: later ones are not in it")
    if state.state is State.NOT_AVAILABLE:
        kind = next((kind for kind, name in _SOURCES.items() if name is state.name), "")
        notes = [text for told in result.steps if told.kind == kind for text in told.notes]
        if notes and any(told.kind == kind and told.data.get("not_local") for told in result.steps):
            return SourceState(state.name, State.NOT_ENABLED, notes[0])
        return replace(state, says=notes[0]) if notes else state
    known = evidence.policies if state.name is Source.LOG and state.state is State.EMPTY else None
    if known is not None and not any(one.logs for one in known.policies):
        return SourceState(Source.LOG, State.NOT_ENABLED, "no policy of the device logs its sessions")
    return state


def _whether_logged(state: SourceState, judgement: Judgement, evidence: Evidence) -> SourceState:
    """Silence of RT_FLOW says nothing where the policy that decided does not log."""
    if state.name is not Source.LOG or state.state is not State.EMPTY or evidence.policies is None:
        return state
    talks = [one.case.conversation for one in judgement.opinions if one.case.conversation.policy]
    found = [evidence.policies.named(one.policy, one.from_zone, one.to_zone) for one in talks]
    if found and all(one is not None and not one.logs for one in found):
        return SourceState(Source.LOG, State.NOT_ENABLED, f"policy {talks[0].policy} does not log its sessions")
    return state
