"""Learning a form from one bracket, which the full parser reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from orchestrator.model.flow_trace import Line, TracePacket
from orchestrator.model.trace_flow import Facts
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_lane import IN_INTERFACE, NAMES_SESSION, Open, Spoken, contradicts
from orchestrator.parsers.flow_trace_lines import Clock, TraceRecord, records_of
from orchestrator.parsers.flow_trace_rules import Stage
from orchestrator.parsers.source import cleaned
from orchestrator.parsers.trace_survey.form import HEADER, SAME, STAMP, Form, Step
from orchestrator.parsers.trace_survey.pieces import Piece, pieces_of
from orchestrator.parsers.trace_survey.places import by_place

_LINE = re.compile(STAMP + HEADER)
_MOST_LINES = 200
_MARK = re.compile(r"\(0x[0-9a-f]+,(0x[0-9a-f]+),0x[0-9a-f]+\)")  # second word of a policy search: both ports
_BEGIN = {"matched", "host outbound"}
_SECOND = {"packet", "start"}  # the lines that begin a packet when its first is lost
_TELL_NOTHING = {"packet", "start"}  # of what a flow record holds
_SHARED_GROUPS = {"sp": "sp", "dp": "dp", "mbuf": "mbuf", "from": "zone", "to": "zone", "zone": "zone"}
_SHARED_KINDS = {"four", "six", "interface"}
_MUTE_GROUPS = {"mbuf", "type", "code", "hop"}
_WORD_GROUPS = ("filter", "flag")


def learn(text: bytes) -> Form | None:
    """Make a form of a bracket, given as its lines; ``None`` when it cannot be one."""
    heard = _heard(text)
    if heard is None:
        return None
    spoken, bodies = heard
    questioned = _questioned(spoken)
    if questioned is None:
        return None
    form = _Learner(questioned).form(spoken, bodies)
    found = form.pattern.fullmatch(text)
    if found is None:
        return None
    example = [group.decode() for group in found.group(*form.wanted, *form.words)]
    if form.read(example) != (_told(spoken), True):
        return None
    form, example = _without_idle_groups(_without_idle_steps(form, example), example)
    return replace(form, quick=by_place(form, (example, _apart(example, 100), _apart(example, 400))))


def _heard(text: bytes) -> tuple[list[Spoken], list[str]] | None:
    """The records as the full parser reads them, and their bodies as they stand; only plain lines will do."""
    lines = text.decode("ascii", "replace").split("\n")[:-1]
    if len(lines) > _MOST_LINES:
        return None
    clock = Clock(None)
    spoken, bodies = [], []
    for line in lines:
        head = _LINE.match(line)
        read = list(records_of(Line("", 0, line.rstrip()), clock))
        plain = list(cleaned(line)) == [line.rstrip()] and line.isascii()
        if not head or not plain or len(read) != 1 or not isinstance(read[0], TraceRecord) or read[0].is_control:
            return None
        spoken.append((read[0], grammar.read(read[0].body)))
        bodies.append(line[head.end() :])
    return spoken, bodies


def _questioned(spoken: Sequence[Spoken]) -> set[int] | None:
    """Which lines the full parser would question if it asked line by line; ``None`` if they are not one packet.

    A line that is not questioned alone is not questioned in a burst either: less is known of the packet then. While
    one packet is open at a time only bursts that hold a line of the kind ``packet`` or ``start`` are ever questioned.
    """
    packet = TracePacket()
    opened = Open(packet, packet)
    questioned = set()
    for index, (record, said) in enumerate(spoken):
        begins = said.name in _BEGIN
        if begins != (index == 0) and not (begins and _is_other_filter(opened, record, said)):
            return None
        if (said.stage is Stage.END) != (index == len(spoken) - 1):
            return None
        if not begins and contradicts(opened, [(record, said)]):
            if said.name in _SECOND:
                return None
            questioned.add(index)
        opened.take(record, said)
    return questioned if packet.rc is not None and not packet.embedded_icmp else None


def _is_other_filter(opened: Open, record: TraceRecord, said: grammar.Said) -> bool:
    probe = TracePacket()
    grammar.fill(probe, said)
    same = said.name == "matched" and opened.most is Stage.MATCHED and probe.key == opened.packet.key
    return same and probe.filter not in opened.packet.filter.split(",") and record.made >= opened.last


def _told(spoken: Sequence[Spoken]) -> Facts:
    """What the full parser tells of its packet."""
    packet = TracePacket()
    for _, said in spoken:
        grammar.fill(packet, said)
    grammar.finish(packet)
    return Facts.of(packet)


def _apart(texts: Sequence[str], first: int) -> list[str]:
    """Texts of the same sort that differ from each other."""
    return [f"{text}{number}" for number, text in enumerate(texts, first)]


def _without_idle_steps(form: Form, example: Sequence[str]) -> Form:
    """Leave out what changes nothing, neither in the example nor when all texts differ from each other."""
    samples = (example, _apart(example, 100))
    true = [form.read(sample)[0] for sample in samples]
    for step in form.steps:
        less = replace(form, steps=tuple(each for each in form.steps if each is not step))
        if not step.names_session and [less.read(sample)[0] for sample in samples] == true:
            form = less
    return form


def _without_idle_groups(form: Form, example: Sequence[str]) -> tuple[Form, list[str]]:
    """Want only what a step needs: one group more, and no two packets of a flow are alike."""
    used = {index for step in form.steps for _, index in step.open} | {0, 1, form.mark}
    kept = [index for index in range(len(form.wanted) + len(form.words)) if index in used or index >= len(form.wanted)]
    place = {index: new for new, index in enumerate(kept)}
    wanted = tuple(form.wanted[index] for index in kept if index < len(form.wanted))
    steps = [replace(step, open=tuple((name, place[index]) for name, index in step.open)) for step in form.steps]
    less = replace(
        form,
        wanted=wanted,
        rest=tuple(group for group in wanted if group in form.rest),
        steps=tuple(steps),
        mark=None if form.mark is None else place[form.mark],
    )
    return less, [example[index] for index in kept]


class _Learner:
    """Writes the pattern of one bracket, line by line."""

    def __init__(self, questioned: set[int]) -> None:
        self._questioned = set(questioned)
        self._names: dict[tuple[str, str], str] = {}  # what a text was captured as, by its kind
        self._literal: set[str] = set()
        self._wanted = ["none", "none"]  # never fewer than two, so that a match gives a tuple
        self._words = dict.fromkeys(_WORD_GROUPS, "none")
        self._mark = ""
        self._captured = 0
        self._in_first_line: set[str] = set()

    def form(self, spoken: Sequence[Spoken], bodies: Sequence[str]) -> Form:
        """The form of the bracket."""
        groups = [name for _, said in spoken if said.match for name, text in said.match.groupdict().items() if text]
        once = {name for name in _WORD_GROUPS if groups.count(name) == 1}
        lines, steps, unread = [], [], 0
        for index, ((_, said), body) in enumerate(zip(spoken, bodies, strict=True)):
            interfaces = [text for kind, text in self._names if kind == "interface"]
            pieces = pieces_of(body, said, interfaces, () if "filter" in once else ("filter",))
            if not self._is_own_interface(body):
                self._questioned.add(index)
            parts, line = self._line(pieces, body, index)
            lines.append(line)
            self._in_first_line = self._in_first_line or set(parts.values())
            unread += said.rule is None and said.drop is None
            steps.append((said, {name: self._place(name, each, once) for name, each in parts.items()}))
        return self._finish(steps, lines, unread, [said.name in _SECOND for _, said in spoken])

    def _finish(
        self,
        steps: Sequence[tuple[grammar.Said, dict[str, str]]],
        lines: Sequence[str],
        unread: int,
        second: list[bool],
    ) -> Form:
        pairs = [
            (f"t{index}", f"t{each}")
            for index, is_second in enumerate(second)
            if is_second
            for each in self._questioned
        ]
        timed = {name for pair in pairs for name in pair}
        heads = [
            SAME.replace("[0-9]{6}+", f"(?P<t{index}>[0-9]{{6}}+)") if f"t{index}" in timed else SAME
            for index in range(len(lines))
        ]
        text = (
            STAMP
            + HEADER
            + lines[0]
            + "".join(f"\n{head}{line}" for head, line in zip(heads[1:], lines[1:], strict=True))
        )
        pattern = re.compile(f"{text}\n(?P<none>)".encode())
        group = pattern.groupindex
        captured = [*self._wanted, *self._words.values()]
        return Form(
            pattern,
            tuple(group[name] for name in self._wanted),
            tuple(group[name] for name in self._wanted if name not in self._in_first_line),
            (group[self._words["filter"]], group[self._words["flag"]]),
            tuple(step for said, parts in steps if (step := _step(said, parts, captured))),
            len(lines),
            unread,
            not self._questioned,
            tuple((group[one], group[other]) for one, other in pairs),
            captured.index(self._mark) if self._mark else None,
        )

    def _is_own_interface(self, body: str) -> bool:
        """An incoming interface named in running text must be the one that was captured."""
        found = IN_INTERFACE.search(body)
        name = next(filter(None, found.groups())) if found else "N/A"
        return name == "N/A" or ("interface", name) in self._names

    def _line(self, pieces: Sequence[Piece], body: str, index: int) -> tuple[dict[str, str], str]:
        """Which capture each group is in, and the pattern."""
        mark = found.start(1) if (found := _MARK.search(body)) else -1
        parts, pattern, at = {}, [], 0
        for piece in pieces:
            following = f"{body[at + len(piece.text) :]}\n"
            final = piece.kind != "" and piece.stops_at(following)
            name, regex = self._piece(piece, f"{piece.regex}+" if final else piece.regex, index, is_mark=at == mark)
            pattern.append(regex)
            if name and piece.group and piece.group not in _MUTE_GROUPS:
                parts[piece.group] = name
            at += len(piece.text)
        return parts, "".join(pattern)

    def _piece(self, piece: Piece, regex: str, index: int, *, is_mark: bool) -> tuple[str, str]:
        if not piece.kind:
            if is_mark:
                self._questioned.add(index)
            if piece.group:
                self._literal.add(piece.text)
            return "", regex
        shared = _SHARED_GROUPS.get(piece.group) or (piece.kind if piece.kind in _SHARED_KINDS else "")
        if shared and (shared, piece.text) in self._names:
            name = self._names[shared, piece.text]
            return name, f"(?P={name})"
        if not (shared or is_mark or (piece.group and piece.group not in _MUTE_GROUPS)):
            return "", regex
        name = f"v{self._captured}"
        self._captured += 1
        if shared:
            self._names[shared, piece.text] = name
            if piece.text in self._literal:  # what was literal in one line must not be open in another
                self._questioned.add(index)
        if is_mark:
            self._mark = self._place("", name, set())
        return name, f"(?P<{name}>{regex})"

    def _place(self, group: str, name: str, once: set[str]) -> str:
        if group in once:
            self._words[group] = name
        elif name not in self._wanted:
            self._wanted.append(name)
        return name


def _step(said: grammar.Said, parts: dict[str, str], captured: Sequence[str]) -> Step | None:
    rule = said.rule
    mute = rule is None or rule.fill is None or rule.name in _TELL_NOTHING
    if mute and said.drop is None:
        return None
    groups = said.match.groupdict() if said.match else {}
    constant = {name: text for name, text in groups.items() if name not in parts}
    open_parts = tuple((name, captured.index(each)) for name, each in parts.items())
    return Step(rule, said.drop, constant, open_parts, said.stage in NAMES_SESSION and "hex" in groups)
