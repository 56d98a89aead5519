"""Time in the lab, which may run faster than real time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Epoch seconds that start at the real time and advance ``rate`` times as fast."""

    def __init__(self, rate: float = 1.0) -> None:
        if rate <= 0:
            raise ValueError("a clock runs forward: rate must be above 0")
        self.rate = rate
        self._started = time.time()
        self._zero = time.monotonic()

    def now(self) -> float:
        """Lab time in epoch seconds."""
        return self._started + (time.monotonic() - self._zero) * self.rate

    def date(self) -> datetime:
        """Lab time as a date, UTC: the lab's devices keep UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for a span of lab time."""
        await asyncio.sleep(max(0.0, seconds) / self.rate)
