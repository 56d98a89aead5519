"""What the sources gave, and what each of them could have said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.analysis.packet_capture import Capture
from orchestrator.analysis.window import Window
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import TracePacket
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.policy import Policies
from orchestrator.model.session_log import SessionLog
from orchestrator.model.trace_flow import TraceFlow


class Source(StrEnum):
    """Where evidence comes from."""

    TRACE = "flow trace"
    DROPS = "packet-drop records"
    LOG = "RT_FLOW"
    BEFORE = "session table before"
    AFTER = "session table after"
    CAPTURE = "packet capture"


class State(StrEnum):
    """What a source was good for."""

    READ = "read"
    EMPTY = "empty"
    NOT_ENABLED = "not enabled"
    NOT_AVAILABLE = "not available"


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source, whether it was read, and in a few words what it held or why it could not be read."""

    name: Source
    state: State
    says: str


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What the sources gave; ``None`` where a source was not read at all, which is never the same as empty.

    ``flows`` count every packet of a trace too big to keep, of which ``packets`` are the telling ones. ``window``
    is the stretch of time that the whole trace shows. ``gaps`` say why the trace may not tell everything, in words.
    ``drops`` are the records made meanwhile, ``before`` and ``after`` the matching sessions. ``policies`` tell
    whether RT_FLOW was to be expected, ``capture`` what crossed interfaces. ``covers`` says that the trace's
    filters are known to take the conversation: else its absence means nothing.
    """

    packets: Sequence[TracePacket] | None = None
    before: Sequence[FlowSession] | None = None
    after: Sequence[FlowSession] | None = None
    drops: Sequence[PacketDrop] | None = None
    logs: Sequence[SessionLog] | None = None
    policies: Policies | None = None
    capture: Capture | None = None
    gaps: tuple[str, ...] = ()
    flows: Mapping[FlowKey, TraceFlow] | None = None
    window: Window | None = None
    both_directions: bool = True
    covers: bool = True
    states: list[SourceState] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.window is None and self.packets:
            self.window = Window.of(self.packets)

    @property
    def traced(self) -> bool:
        """Whether a trace was read."""
        return self.packets is not None

    @property
    def sessions(self) -> list[FlowSession]:
        """Every session seen, before and after."""
        return [*(self.before or ()), *(self.after or ())]
