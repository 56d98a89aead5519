"""One lane of a survey: the lines of one thread, or of a header that names none, as they come.

Lines wait until their packet ends. Where nothing else is open and the bracket has a known form, it is counted from its
groups; everything else goes to the full parser's lane, which stays in charge until nothing is open in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter

from orchestrator.model.flow_trace import Line
from orchestrator.model.trace_flow import LINE_BITS
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_lane import Lane, Spoken
from orchestrator.parsers.flow_trace_lines import TraceRecord, lane_of, records_of
from orchestrator.parsers.flow_trace_rules import Stage
from orchestrator.parsers.source import cleaned
from orchestrator.parsers.trace_survey.account import Account, Clocks, Untame
from orchestrator.parsers.trace_survey.form import Form, Known
from orchestrator.parsers.trace_survey.forms import WORDS, Forms

END = b"flow_process_pkt rc 0x"  # what seems to end a packet
_MOST_WAITING = 4096  # runs of lines; a bracket has a few dozen lines
_LINES = itemgetter(1)
_BLANK = re.compile(rb"\n\n+")

# Lines of one lane that stand together: where the first stands, the lines (or a record that was read already because
# its line was odd), and whether the record before was of the same lane. A plain tuple: millions are made.
Run = tuple[int, bytes | TraceRecord, bool]


class SurveyLane:
    """``unsure`` is a lane of a part that begins in the middle: up to its first end, lines are kept for the merge.

    ``calm`` says that nothing waits and nothing is open. ``guessed`` says that something rests on no two packets having
    been open at once before, which a part that begins in the middle can only guess.
    """

    def __init__(self, name: str, account: Account, tools: tuple[Forms, Clocks], *, alone: bool, unsure: bool) -> None:
        self.name = name
        self.alone = alone
        self.headers: set[bytes] = set()
        self.skip = 0  # length of stamp and header
        self.unsure = unsure
        self.calm = not unsure
        self.guessed = False
        self.head: list[Run] = []
        self.waiting: list[Run] = []
        self._account = account
        self._forms, self._clocks = tools
        self._expected = self._forms.expected
        self._lane = Lane(account.stats, alone=alone)
        self._burst: list[Spoken] = []
        self._since: int | None = None
        self._crowded_since = False

    @property
    def idle(self) -> bool:
        """Whether nothing is open in the full parser's lane."""
        return self._lane.idle and not self._burst

    @property
    def crowded(self) -> bool:
        """Whether two packets were ever open at once."""
        return self._lane.crowded

    @crowded.setter
    def crowded(self, value: bool) -> None:
        self._lane.crowded = value

    def wait(self, run: Run) -> None:
        """Take lines that do not end a packet."""
        self.calm = False
        self.waiting.append(run)
        if len(self.waiting) >= _MOST_WAITING:
            if self.unsure:
                raise Untame
            self._read(self.waiting)
            self.waiting = []

    def end(self, run: Run, last: int) -> None:
        """Take lines of which the last, at ``last``, seems to end a packet."""
        waiting, self.waiting = self.waiting, []
        waiting.append(run)
        if self.unsure:
            self._keep(waiting)
        elif not self.idle or not self._has_form(waiting, last):
            self._read(waiting)
        self.calm = not self.unsure and self.idle

    def bracket(self, data: bytes, at: int, begin: int, last: int) -> tuple[int, int]:
        """Count a whole bracket that stands at ``at`` if it has a known form; give its end and its lines, 0 if not.

        Nothing may be open. Without ``last`` its lines are those from ``begin`` on.
        """
        line = data[at + self.skip : data.find(b"\n", at)]
        known = self._expected.get(line)
        found = known.form.match(data, at) if known is not None else None
        if found is None or known is None or found.group(*known.form.rest) != known.rest:
            found, known = self._look_up(data, at, (begin, last), line)
            if found is None or known is None:
                return 0, 0
        # The first line may have been cut at the wrong place: then it was of another lane, or of another flow.
        elif found.end(2) != at + self.skip or not self._may_use(known.form, found, last):
            return 0, 0
        form, clocks = known.form, self._clocks
        second = clocks.time if data.startswith(clocks.stamp, at) else clocks.second(begin >> LINE_BITS, found[1])
        if second is None:
            return 0, 0
        micros = found.end(1)
        moment = data[micros : micros + 6]
        if second is known.second and moment >= known.last:
            known.last = moment
        else:
            known.note(second, moment)
        if (words := found.group(*form.words)) not in known.words:
            known.hear(words)
        known.amount += 1
        known.late = begin, last or begin + form.lines - 1, begin, self.name, False
        form.brackets += 1
        if not known.kept:
            known.settle()
        return found.end(), form.lines

    def resume(self, waiting: list[Run]) -> None:
        """Go on where the lane of a part that was read elsewhere has stopped."""
        self.waiting = self.waiting + waiting
        self.calm = self.idle and not self.waiting

    def finish(self) -> None:
        """The trace is at its end."""
        self._read(self.waiting)
        self.waiting = []
        self._flush()
        self._lane.close_all()
        self._take_done()

    def _may_use(self, form: Form, found: re.Match[bytes], last: int) -> bool:
        """Whether what matched is the whole bracket, of this lane, and nothing in it is in doubt."""
        if (last and found.end() != len(found.string)) or found[2] not in self.headers:
            return False
        if form.strict or self.alone:
            return True
        self.guessed = True
        return not self.crowded and form.is_sure(found)

    def _look_up(
        self, data: bytes, at: int, lines: tuple[int, int], line: bytes
    ) -> tuple[re.Match[bytes] | None, Known | None]:
        """Find the form of a bracket by its marks, and what is known of its values."""
        text = data[at : data.find(b"\n", data.find(END, at)) + 1]
        for form in self._forms.by_marks.get(text.translate(None, WORDS), ()):
            found = form.match(data, at)
            if found is not None and self._may_use(form, found, lines[1]):
                known = form.known.get(found.group(*form.wanted)) or self._first(form, found, *lines)
                if known is not None and known.kept and found.end(2) == at + self.skip:
                    self._forms.expect(line, known)
                return found, known
        return None, None

    def _first(self, form: Form, found: re.Match[bytes], begin: int, last: int) -> Known | None:
        second = self._clocks.second(begin >> LINE_BITS, found[1])
        facts, agrees = form.tell(found)
        if not agrees or second is None:
            return None
        flow = self._account.flow(facts.key)
        if flow is not None:
            flow.learn(facts)
        extent = begin, last or begin + form.lines - 1, begin, self.name, False
        micros = found.string[found.end(1) : found.end(1) + 6]
        rest, words = found.group(*form.rest), (found.group(*form.words),)
        form.firsts += 1
        known = Known(
            form, flow, facts.outcome, facts.reason, rest, words, (second, micros), second, micros, extent, extent,
            form.repeats,
        )  # fmt: skip
        if known.kept:
            self._forms.remember(found.group(*form.wanted), known)
        return known

    def _has_form(self, waiting: list[Run], last: int) -> bool:
        try:
            text = b"".join(map(_LINES, waiting))
        except TypeError:  # a record that stood in an odd line
            return False
        if self.bracket(text, 0, waiting[0][0], last)[0]:
            return True
        if b"\n\n" in text:
            text = _BLANK.sub(b"\n", text)
            if self.bracket(text, 0, waiting[0][0], last)[0]:
                return True
        self._forms.miss(text)
        return False

    def _keep(self, runs: list[Run]) -> None:
        """Keep the lines up to the first end: what is open before it, only the part before this one knows."""
        self.head += runs
        if len(self.head) > _MOST_WAITING:
            raise Untame
        final = [item for _, items in self._items(runs[-1]) for item in items][-1:]
        self.unsure = not any(
            isinstance(item, TraceRecord) and grammar.read(item.body).stage is Stage.END for item in final
        )

    def _read(self, runs: list[Run]) -> None:
        """Give lines to the full parser."""
        self.guessed = self.guessed or not (self.alone or self.crowded)
        for run in runs:
            _, lines, joined = run
            if isinstance(lines, TraceRecord):
                self._take(lines, joined=joined)
                continue
            for at, items in self._items(run):
                self._account.stats.lines += bool(items)
                for item in items:
                    if isinstance(item, TraceRecord) and not item.is_control:
                        self._take(item, joined=joined)
                        joined = True
                    else:
                        self._account.aside(at, item)

    def _items(self, run: Run) -> Iterator[tuple[int, list[TraceRecord | Line]]]:
        """Read the lines of a run as the full parser does."""
        begin, lines, _ = run
        if isinstance(lines, TraceRecord):
            yield begin, [lines]
            return
        clock = self._clocks.of(begin >> LINE_BITS)
        for at, raw in enumerate(lines.split(b"\n")[:-1], begin):
            texts = cleaned(raw.decode("utf-8", "replace"))
            items = [item for text in texts for item in records_of(Line("", at, text), clock)]
            records = [item for item in items if isinstance(item, TraceRecord)]
            # Records of another lane, or of another day, that were run together with this line have come too late.
            if any(lane_of(each.header)[0] != self.name or each.day != records[0].day for each in records):
                raise Untame
            yield at, items

    def _take(self, record: TraceRecord, *, joined: bool) -> None:
        self._account.recognised += 1
        said = grammar.read(record.body)
        if self._burst and (self.alone or not joined or record.made != self._burst[0][0].made):
            self._flush()
        if self._since is None:
            self._since, self._crowded_since = record.line.number, self.crowded
        self._burst.append((record, said))
        if self.alone or said.stage is Stage.END:
            self._flush()

    def _flush(self) -> None:
        if self._burst:
            self._lane.take(self._burst)
            self._burst = []
            self._take_done()
            if self._lane.idle:
                self._since = None

    def _take_done(self) -> None:
        for packet in self._lane.done:
            flow = self._account.flow(packet.key)
            if flow is not None:
                begin, last = packet.lines[0].number, packet.lines[-1].number
                since = begin if self._since is None else self._since
                flow.add(packet, (begin, last, since, self.name, self._crowded_since))
        self._lane.done.clear()
