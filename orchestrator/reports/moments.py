"""Times of a report: what a device or this machine wrote, as moments that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

HALF_A_DAY = 43_200.0
DAY = 86_400.0


def moment(text: object) -> datetime | None:
    """Read ISO 8601; ``None`` for what is none."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def seconds_between(earlier: datetime | None, later: datetime | None) -> float | None:
    """Seconds from one moment to another; ``None`` where one is missing or only one names its zone."""
    if earlier is None or later is None or (earlier.tzinfo is None) is not (later.tzinfo is None):
        return None
    return (later - earlier) / timedelta(seconds=1)


def after(seconds: float) -> str:
    """How much later, in the unit that reads best: ``+40 ms``, ``+1.2 s``, ``+3:05``."""
    sign = "-" if seconds < 0 else "+"
    size = abs(seconds)
    if size < 0.0995:
        return f"{sign}{size * 1000:.3g} ms"
    if size < 99.95:
        return f"{sign}{size:.3g} s"
    minutes, rest = divmod(round(size), 60)
    return f"{sign}{minutes}:{rest:02}"


def clock(when: datetime) -> str:
    """Time of day to the millisecond."""
    return when.strftime("%H:%M:%S.%f")[:-3]


def times_of_day(texts: Iterable[str]) -> list[float | None]:
    """Seconds since the first midnight for times without a date, also where they run past midnight."""
    read = [_time_of_day(text) for text in texts]
    known = [one for one in read if one is not None]
    if known and max(known) - min(known) > HALF_A_DAY:
        return [one + DAY if one is not None and one < HALF_A_DAY else one for one in read]
    return read


def _time_of_day(text: str) -> float | None:
    when = moment(text)
    clock_text = when.time().isoformat() if when else text.strip()
    hours, _, rest = clock_text.partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        total = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
    return total if 0 <= total < DAY else None


def ticks(span: float, most: int) -> Sequence[float]:
    """Round values from 0 to ``span``, at most ``most`` of them after 0."""
    if span <= 0:
        return [0.0]
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999999)
    return [step * number for number in range(int(span / step + 1e-9) + 1)]
