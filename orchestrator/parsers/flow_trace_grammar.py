"""Reading the body of a trace record, and putting what it says into its packet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.model.flow_trace import Outcome, TracePacket
from orchestrator.parsers.flow_trace_rules import RULES, Groups, Rule, Stage

_DROP_LINE = re.compile(r"packet dropped[,:]\s*(?:packet dropped[,:]\s*)*(?P<reason>.*)", re.IGNORECASE)
_ANY_RULE = re.compile(
    "|".join(f"(?P<r{n}>{re.sub(r'[(][?]P<[^>]+>', '(?:', rule.start)})" for n, rule in enumerate(RULES))
)
_PATTERNS = tuple(re.compile(rule.start) for rule in RULES)

# Wordings of a drop that are general knowledge only, by what they mean.
_SOFT_DROPS = (
    ("policy deny", re.compile(r"polic(?:y|ies)", re.IGNORECASE)),
    ("route reject", re.compile(r"ROUTE_REJECT|no way|no route", re.IGNORECASE)),
    ("syn check", re.compile(r"first pak not sync|syn check|syn-check", re.IGNORECASE)),
    ("sequence check", re.compile(r"\bseq", re.IGNORECASE)),
    ("zone", re.compile(r"null/invalid zone|null zone|invalid zone", re.IGNORECASE)),
    ("source nat exhausted", re.compile(r"\bdip\b|allocat", re.IGNORECASE)),
)


@dataclass(slots=True)
class Said:
    """What a body was read as; ``rule`` is ``None`` for a wording without meaning here.

    ``stage`` and ``name`` are those of the rule. ``drop`` is the reason of a ``packet dropped`` wording.
    """

    rule: Rule | None
    match: re.Match[str] | None
    drop: str | None = None
    stage: Stage = Stage.ANY
    name: str = ""

    def group(self, name: str) -> str:
        """A named part of the match, empty where the wording has none."""
        return (self.match.groupdict().get(name) or "") if self.match else ""


def read(body: str) -> Said:
    """Read a body, whatever its indent."""
    text = body.strip()
    any_rule = _ANY_RULE.match(text)
    rule: Rule | None = None
    match: re.Match[str] | None = None
    if any_rule and any_rule.lastgroup:
        index = int(any_rule.lastgroup[1:])
        rule, match = RULES[index], _PATTERNS[index].match(text)
    dropped = _DROP_LINE.search(text) if "dropped" in text else None
    drop = dropped["reason"].strip(" .") if dropped else None
    return Said(rule, match, drop, rule.stage, rule.name) if rule else Said(None, None, drop)


def fill(packet: TracePacket, said: Said) -> None:
    """Put what was read into the packet."""
    put(packet, said.rule, said.match, said.drop)


def put(packet: TracePacket, rule: Rule | None, found: Groups | None, drop: str | None) -> None:
    """Put into the packet what a rule found and why it was dropped."""
    if rule and found:
        if rule.fill:
            rule.fill(packet, found)
        if rule.soft:
            _note(packet, rule.name)
    if drop is not None:
        packet.outcome = Outcome.DROPPED
        packet.reason = packet.reason or drop
        for name, pattern in _SOFT_DROPS:
            if pattern.search(drop):
                _note(packet, name)


def finish(packet: TracePacket) -> None:
    """Give a dropped packet the reason of its ``dropping pkt`` line when no ``packet dropped`` line gave one."""
    if packet.outcome is not Outcome.DROPPED or packet.reason:
        return
    if "policy deny" in packet.soft:
        packet.reason = f"denied by policy {packet.policy}({packet.policy_id})"
    elif "no route" in packet.soft:
        packet.reason = "DEST route-lookup failed"


def _note(packet: TracePacket, name: str) -> None:
    if name not in packet.soft:
        packet.soft.append(name)
