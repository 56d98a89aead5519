"""Values under names, taken one after the other; what nobody takes is kept under the device's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.parsers.key_material import is_key_label
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import Element, local_name, text_of

# ``Role: Initiator, State: Matured``: a comma begins a new pair when a label with a colon follows it.
_PAIR = re.compile(r",\s*(?=[A-Z][\w #/().-]{0,40}?:(?:\s|$))|\s+(?=Flag:\s)")


class Labels:
    """Values by name, in the order given. Keys are not let in."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = [(name, value) for name, value in pairs if not is_key_label(name)]

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def add(self, name: str, value: str) -> None:
        """Put one more value in."""
        if not is_key_label(name):
            self._pairs.append((name, value))

    def extend(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Put more values in."""
        for name, value in pairs:
            self.add(name, value)

    def take(self, *names: str) -> str:
        """The first value of the first of these names that has one; it is then gone."""
        for name in names:
            for position, (known, value) in enumerate(self._pairs):
                if known == name:
                    del self._pairs[position]
                    return value
        return ""

    def take_all(self, name: str) -> list[str]:
        """All values of that name; they are then gone."""
        found = [value for known, value in self._pairs if known == name]
        self._pairs = [pair for pair in self._pairs if pair[0] != name]
        return found

    def number(self, name: str) -> int | None:
        """A value as a decimal number; one that is none stays."""
        text = self.take(name)
        value = integer(text)
        if text and value is None:
            self._pairs.append((name, text))
        return value

    def rest(self) -> tuple[tuple[str, str], ...]:
        """What nobody took."""
        return tuple(self._pairs)


class Indented:
    """Where the lines of one block stand, to tell when another command's output goes on below it."""

    def __init__(self, heading: str) -> None:
        self._heading = _indent(heading)
        self._deeper: bool | None = None

    def ends_at(self, line: str) -> bool:
        """Whether a line no longer belongs to the block: its lines are indented, and this one is not."""
        if self._deeper is None:
            self._deeper = _indent(line) > self._heading
        return self._deeper and _indent(line) <= self._heading


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def leaves_below(element: Element, *without: str) -> Iterator[tuple[str, str]]:
    """Name and text of every leaf below an element, at any depth, but not inside the containers ``without``."""
    for child in element:
        name = local_name(child)
        if not name or name in without:
            continue
        if len(child):
            yield from leaves_below(child, *without)
        else:
            yield name, text_of(child)


def pairs_of(text: str) -> Iterator[tuple[str, str]]:
    """Label and value of each pair on a line of text; the label is empty for words that have none."""
    for part in _PAIR.split(text.strip().lstrip(",").strip()):
        label, colon, value = part.partition(":")
        yield (" ".join(label.split()), value.strip()) if colon else ("", part.strip())
