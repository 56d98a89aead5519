"""Where a record was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of an input, half open, counted in its decompressed content.

    ``start`` and ``end`` are bytes from 0 when ``line`` is ``None``. Otherwise they are lines from 1, and ``line`` is
    the first of them.
    """

    file: str
    start: int
    end: int
    line: int | None = None

    @classmethod
    def of_lines(cls, file: str, first: int, last: int) -> Place:
        """The lines ``first`` to ``last``, both included."""
        return cls(file, first, last + 1, first)
