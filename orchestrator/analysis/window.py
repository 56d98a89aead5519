"""The stretch of time that a trace shows, and whether what other sources tell lies in it.

All clocks are the device's. A drop record has a time of day without a date; a log's stamp may be local or UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from orchestrator.model.flow_trace import TracePacket

AFTERWARDS = timedelta(minutes=5)  # the monitor may have run on after the last packet that the trace holds
SLACK = timedelta(seconds=2)
DAY = timedelta(days=1)
ZONE_STEP = timedelta(minutes=15)  # offsets from UTC are multiples of it


class When(StrEnum):
    """Where a moment lies."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Window:
    """First and last stamp of a trace."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, packets: Iterable[TracePacket]) -> Window | None:
        """From the packets that have a stamp, ``None`` without any."""
        stamps = [one.time for one in packets if one.time is not None]
        return cls(min(stamps), max(stamps)) if stamps else None

    def of_day(self, text: str) -> When:
        """A time of day, taken on the date that brings it nearest."""
        try:
            clock = time.fromisoformat(text)
        except ValueError:
            return When.UNKNOWN
        days = (self.start.date() - DAY, self.start.date(), self.end.date(), self.end.date() + DAY)
        return When.INSIDE if any(self._holds(datetime.combine(day, clock)) for day in days) else When.OUTSIDE

    def of_stamp(self, text: str) -> When:
        """A stamp of a log. One in UTC is compared up to the device's own offset, which no source tells."""
        try:
            stamp = datetime.fromisoformat(text)
        except ValueError:
            return self._of_traditional(text)
        if stamp.tzinfo is None or self._holds(stamp.replace(tzinfo=None)):
            return When.INSIDE if self._holds(stamp.replace(tzinfo=None)) else When.OUTSIDE
        away = abs(stamp.replace(tzinfo=None) - self.start)
        rest = away % ZONE_STEP
        near = min(rest, ZONE_STEP - rest) <= self.end - self.start + SLACK
        return When.UNKNOWN if away <= DAY and near else When.OUTSIDE

    def _of_traditional(self, text: str) -> When:
        """``Nov 23 20:30:04``: no year, so the trace's own."""
        for year in {self.start.year, self.end.year}:
            try:
                stamp = datetime.strptime(f"{year} {text[:15]}", "%Y %b %d %H:%M:%S")  # noqa: DTZ007 - device's clock
            except ValueError:
                return When.UNKNOWN
            if self._holds(stamp):
                return When.INSIDE
        return When.OUTSIDE

    def _holds(self, moment: datetime) -> bool:
        return self.start.replace(tzinfo=None) - SLACK <= moment <= self.end.replace(tzinfo=None) + AFTERWARDS
