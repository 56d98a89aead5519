"""From files to evidence: the same way for a run that just ended, one of last year, and a ticket's attachments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.analysis import big_trace, packet_capture
from orchestrator.analysis.asked import Asked
from orchestrator.analysis.evidence import Evidence, Source, SourceState, State
from orchestrator.analysis.window import Window
from orchestrator.errors import InputError, ParseError
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import TracePacket, TraceStats
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.policy import Policies
from orchestrator.model.session_log import SessionLog
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import flow_trace, packet_drop, policy_configuration, session_table, source, system_log
from orchestrator.parsers.kinds import kinds_in
from orchestrator.parsers.system_log_session import session_log
from orchestrator.parsers.xml_input import root_of

TWICE = ("session_table", "packet_drop")
KINDS_OF_EVIDENCE = ("flow_trace", "session_table", "packet_drop", "system_log", "policy_configuration", "pcap")
KEEP_SESSIONS = 100_000  # of those that matter; the file has them all


@dataclass(frozen=True, slots=True)
class Input:
    """One file, or one output in it: its kind, and whether it shows the device before or after (and during) the trace.

    ``part`` is the output of a command in a saved session; ``None`` is the whole file.
    """

    path: Path
    kind: str
    phase: str = "after"
    part: source.Source | None = None

    @property
    def source(self) -> source.Source:
        """For a parser."""
        return self.part or source.Source.of_path(self.path)


def sort_out(paths: Iterable[Path]) -> list[Input]:
    """Tell the kinds of files by what they hold; of several session tables or drop records the first is the earlier.

    A saved session with several commands gives each output by itself; those that are no evidence are left out.

    Raises:
        InputError: a file is not there, or holds nothing that is known.
    """
    found: list[Input] = []
    for path in paths:
        if not path.is_file():
            raise InputError("there is no such file", path=path)
        held = kinds_in(source.Source.of_path(path))
        evidence = [Input(path, kind, part=part) for kind, part in held if kind in KINDS_OF_EVIDENCE]
        if not evidence:
            kinds = ", ".join(dict.fromkeys(kind.replace("_", " ") for kind, _ in held if kind))
            what = f"holds {kinds}, which is no evidence" if kinds else "holds nothing that is known here"
            raise InputError(what, path=path, hint=f"evidence is {', '.join(KINDS_OF_EVIDENCE).replace('_', ' ')}")
        found += evidence
    return [
        replace(one, phase="before") if one.kind in TWICE and _comes_again(one.kind, found[number + 1 :]) else one
        for number, one in enumerate(found)
    ]


def _comes_again(kind: str, later: Sequence[Input]) -> bool:
    return any(one.kind == kind for one in later)


def gather(inputs: Iterable[Input], asked: Asked, *, mine: Callable[[TracePacket], bool] | None = None) -> Evidence:
    """Read the files. ``mine`` tells packets that count from those that another's filter took.

    Raises:
        ParseError: a file is not of its kind.
    """
    files = list(inputs)

    def of(kind: str, phase: str = "") -> list[Input]:
        return [one for one in files if one.kind == kind and phase in ("", one.phase)]

    evidence = Evidence()
    _read_trace(evidence, of("flow_trace"), asked, mine)
    evidence.before = _sessions(of("session_table", "before"), asked)
    evidence.after = _sessions(of("session_table", "after"), asked)
    evidence.drops = _drops(of("packet_drop", "before"), of("packet_drop", "after"))
    evidence.logs = _logs(of("system_log"))
    evidence.policies = _policies(of("policy_configuration"))
    evidence.capture = packet_capture.read(one.source for one in captures) if (captures := of("pcap")) else None
    evidence.states = _states(evidence)
    return evidence


def _read_trace(
    evidence: Evidence, files: Sequence[Input], asked: Asked, mine: Callable[[TracePacket], bool] | None
) -> None:
    if not files:
        return
    paths = flow_trace.in_order(dict.fromkeys(one.path for one in files))
    sources = [one.source for path in paths for one in files if one.path == path]
    if big_trace.is_big(sources):
        big = big_trace.read(sources, asked, mine)
        evidence.packets, evidence.flows, evidence.window = big.packets, big.flows, big.window
        evidence.gaps = (*trace_gaps(big.stats), *(one.damage for one in sources if one.damage))
        return
    reading = flow_trace.parse(*sources)
    packets = list(reading)
    evidence.window = Window.of(packets)
    evidence.packets = [packet for packet in packets if mine is None or mine(packet)]
    evidence.gaps = (*trace_gaps(reading.stats), *(one.damage for one in sources if one.damage))


def trace_gaps(stats: TraceStats) -> tuple[str, ...]:
    """Why a trace may not tell everything, as far as the trace itself shows it."""
    if stats.orphans:
        return ("the trace begins in the middle of packets: older lines were rotated away",)
    return ()


def _sessions(files: Sequence[Input], asked: Asked) -> list[FlowSession] | None:
    if not files:
        return None
    kept: list[FlowSession] = []
    for one in files:
        for session in session_table.parse(one.source):
            if not isinstance(session, FlowSession) or len(kept) >= KEEP_SESSIONS:
                continue
            if any(asked.means(wing.key) for wing in session.wings):
                kept.append(session)
    return kept


def _drops(before: Sequence[Input], after: Sequence[Input]) -> list[PacketDrop] | None:
    """Records that were not there at the first reading: what was dropped meanwhile."""
    if not (before or after):
        return None
    if not after:
        return []  # nobody looked afterwards
    old = Counter(_name(one) for file in before for one in packet_drop.parse(file.source))
    return [one for file in after for one in packet_drop.parse(file.source) if not old[_name(one)]]


def _name(record: PacketDrop) -> tuple[str, object, int | None]:
    return record.time, record.key, record.ip_id


def _logs(files: Sequence[Input]) -> list[SessionLog] | None:
    if not files:
        return None
    records = (record for one in files for record in _log_records(one))
    return [log for record in records if (log := session_log(record)) is not None]


def _log_records(file: Input) -> Iterable[LogRecord]:
    try:
        yield from system_log.parse(file.source)
    except ParseError:
        if file.path.stat().st_size:  # an empty window is no other kind of file
            raise


def _policies(files: Sequence[Input]) -> Policies | None:
    return policy_configuration.parse(root_of(files[-1].source)) if files else None


def _states(evidence: Evidence) -> list[SourceState]:
    held = (
        (Source.TRACE, evidence.packets, "packets"),
        (Source.DROPS, evidence.drops, "drop records made meanwhile"),
        (Source.LOG, evidence.logs, "session records"),
        (Source.BEFORE, evidence.before, "sessions"),
        (Source.AFTER, evidence.after, "sessions"),
    )
    states = [_state(name, records, noun) for name, records, noun in held]
    return states if evidence.capture is None else [*states, _captured(evidence.capture)]


def _captured(capture: packet_capture.Capture) -> SourceState:
    says = "; ".join([f"{capture.packets or 'no'} packets", *capture.damage])
    return SourceState(Source.CAPTURE, State.READ if capture.packets else State.EMPTY, says)


def _state(name: Source, records: Sequence[object] | None, noun: str) -> SourceState:
    if records is None:
        return SourceState(name, State.NOT_AVAILABLE, "not read")
    count = len(records)
    return SourceState(name, State.READ if count else State.EMPTY, f"{count or 'no'} {noun}")
