"""What every parser returns: records one at a time, and an account of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from orchestrator.errors import ParseError
from orchestrator.model.flow_trace import Line

Record = TypeVar("Record", covariant=True)  # noqa: PLC0105 - a reading only gives records out

_SAMPLES = 5


@dataclass(slots=True)
class Tally:
    """Account of one reading; complete when the last record has been taken.

    ``recognised`` counts lines or elements of the kind, ``unrecognised`` those that are not; ``samples`` are the first
    few of the latter. ``declared`` is how many records the device says it printed, ``None`` when it does not say.
    ``errors`` are messages of the device found beside the data.
    """

    lines: int = 0
    recognised: int = 0
    unrecognised: int = 0
    declared: int | None = None
    samples: list[Line] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def unknown(self, line: Line) -> None:
        """Count a line that has no meaning here, and keep the first few."""
        self.unrecognised += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(Line(line.file, line.number, line.text[:200]))

    def declare(self, count: int | None) -> None:
        """Add what one block of the reply says it holds."""
        if count is not None:
            self.declared = (self.declared or 0) + count


class Reading(Generic[Record]):
    """Records of one kind, streamed.

    Raises:
        ParseError: at the end, when there was something to read and nothing of it was of the kind.
    """

    def __init__(self, kind: str, name: str, tally: Tally, records: Iterable[Record]) -> None:
        self.kind = kind
        self.name = name
        self.tally = tally
        self._records = iter(records)

    def __iter__(self) -> Iterator[Record]:
        yield from self._records
        if not self.tally.recognised and (self.tally.unrecognised or self.tally.errors):
            raise self._error()

    @property
    def unrecognised(self) -> int:
        """How many lines or elements had no meaning here."""
        return self.tally.unrecognised

    @property
    def samples(self) -> list[Line]:
        """The first few of them."""
        return self.tally.samples

    def _error(self) -> ParseError:
        first = self.samples[0] if self.samples else Line(self.name, 0, "")
        said = self.tally.errors[0] if self.tally.errors else first.text[:80]
        return ParseError(
            f"nothing here is {self.kind}",
            path=first.file or self.name,
            line=first.number,
            hint=f"the device answered: {said}" if self.tally.errors else f"it begins with: {said!r}",
        )
