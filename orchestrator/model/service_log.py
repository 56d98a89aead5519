"""Log lines of services cards: ``ASP_*`` of adaptive services PICs, ``JSERVICES_*`` and ``MSVCS_*`` of newer ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLog:
    """One line. ``time`` is as printed; ``card`` is ``FPC 1 PIC 1``, ``plugin`` the word in brackets (``FWNAT``).

    ``key`` is the packet or flow that the line is about, as it arrived on ``interface``. ``translated_source`` and
    ``translated_destination`` are ends after NAT when the line has them. ``text`` is the event in the card's words.
    """

    time: str
    tag: str
    card: str = ""
    service_set: str = ""
    plugin: str = ""
    application: str = ""
    interface: str = ""
    key: FlowKey | None = None
    translated_source: tuple[str, int | None] | None = None
    translated_destination: tuple[str, int | None] | None = None
    rule_set: str = ""
    rule: str = ""
    term: str = ""
    text: str = ""
    line: Line = field(default=Line("", 0, ""), compare=False, repr=False)
