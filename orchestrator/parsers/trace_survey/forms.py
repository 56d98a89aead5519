"""The forms that a survey has learned so far, and what is known of the brackets that had them."""

from __future__ import annotations

from orchestrator.model.flow_trace import TraceStats
from orchestrator.parsers.trace_survey.form import Form, Known
from orchestrator.parsers.trace_survey.learn import learn

WORDS = bytes(b for b in range(128) if chr(b).isalnum()) + b"._-/:>"
_MOST_FORMS = 256
_MOST_KNOWN = 1 << 14
_MOST_MISSED = 4096
_MOST_TRIES = 16
_MOST_FAILURES = 512


class Forms:
    """The forms learned so far, found by the marks between the words of a bracket.

    ``expected`` holds, by the first line behind its stamp, what the last bracket was that began so.
    """

    def __init__(self) -> None:
        self.expected: dict[bytes, Known] = {}
        self.by_marks: dict[bytes, list[Form]] = {}
        self._by_pattern: dict[bytes, Form] = {}
        self._missed: dict[bytes, int] = {}
        self._failures = 0
        self._known = 0

    def remember(self, values: tuple[bytes, ...], known: Known) -> None:
        """Keep what was found, for the next bracket with the same values."""
        if self._known >= _MOST_KNOWN:
            self._forget(keep=_MOST_KNOWN // 2)
        self._known += 1
        known.form.known[values] = known

    def expect(self, line: bytes, known: Known) -> None:
        """Keep it for the next bracket with the same first line."""
        if len(self.expected) >= 2 * _MOST_KNOWN:
            self.expected.clear()
        self.expected[line] = known

    def settle(self, stats: TraceStats) -> None:
        """Count what was put off."""
        self._forget()
        for form in self._by_pattern.values():
            stats.packets += form.brackets
            stats.lines += form.brackets * form.lines
            stats.unread += form.brackets * form.unread
            form.brackets = 0

    def _forget(self, keep: int = 0) -> None:
        """Settle everything, and forget what did not come again since the last time; at most ``keep`` stay."""
        stay = {id(each) for form in self._by_pattern.values() for each in form.known.values() if each.amount > 1}
        if len(stay) > keep:
            stay.clear()
        for form in self._by_pattern.values():
            for known in form.known.values():
                known.settle()
            form.known = {values: known for values, known in form.known.items() if id(known) in stay}
        for line in [line for line, known in self.expected.items() if id(known) not in stay]:
            del self.expected[line]
        self._known = len(stay)

    def miss(self, text: bytes) -> None:
        """Learn the form of a bracket that had none, when it is not the first with its marks.

        The number of forms and of fruitless attempts is limited: in a hostile trace no two brackets are alike.
        """
        marks = text.translate(None, WORDS)
        count = self._missed[marks] = self._missed.get(marks, 0) + 1
        if len(self._missed) > _MOST_MISSED:
            self._missed.clear()
        if count < 2 or count > _MOST_TRIES or len(self._by_pattern) >= _MOST_FORMS or self._failures > _MOST_FAILURES:
            return
        form = learn(text)
        if form is None:
            self._failures += 1
            return
        form = self._by_pattern.setdefault(form.pattern.pattern, form)
        known = self.by_marks.setdefault(marks, [])
        if form not in known:
            known.append(form)
