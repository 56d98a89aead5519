"""Durations and sizes as people write them: ``30s``, ``10m``, ``1h30m``; ``64k``, ``10m``, ``1g``."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", re.ASCII)
_SIZE = re.compile(r"(\d+)([kmg]?)", re.ASCII)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def duration(text: str) -> timedelta:
    """Read ``1h``, ``90s``, ``1m30s``, ``0.5s``, ``250ms``.

    Raises:
        ValueError: it is not of that form.
    """
    written = text.strip().lower()
    match = _DURATION.fullmatch(written)
    if not written or match is None:
        raise ValueError(f"not a duration: {text!r} (write 30s, 5m or 1h30m)")
    hours, minutes, seconds, milliseconds = match.groups()
    try:
        return timedelta(
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=float(seconds or 0),
            milliseconds=int(milliseconds or 0),
        )
    except OverflowError as error:
        raise ValueError(f"not a duration: {text[:40]!r} (longer than any clock runs)") from error


def in_words(span: timedelta) -> str:
    """Write a duration the way ``duration`` reads it."""
    minutes, rest = divmod(span, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    if rest or not any(parts):
        seconds = f"{rest.seconds}.{rest.microseconds:06}".rstrip("0").rstrip(".")
        parts.append(f"{seconds}s")
    return "".join(parts)


def size_bytes(text: str) -> int:
    """Read ``10240``, ``64k``, ``10m``, ``1g`` (powers of 1024, as Junos counts).

    Raises:
        ValueError: it is not of that form.
    """
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"not a size: {text!r} (write 64k, 10m or 1g)")
    return int(match[1]) * _UNITS[match[2]]


def human_size(count: int) -> str:
    """Write a number of bytes for a person: ``1.2 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GB"
