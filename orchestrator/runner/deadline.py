"""When work must have ended, and which line of the playbook says so."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.errors import DeadlineError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock; ``limit`` names what set it (``step: 0:00:30``)."""

    ends: float = math.inf
    limit: str = ""

    def sooner(self, name: str, span: timedelta | None) -> Deadline:
        """This deadline, or the end of a span that begins now, whichever comes first."""
        if span is None or (ends := time.monotonic() + span.total_seconds()) >= self.ends:
            return self
        return Deadline(ends, f"{name}: {span}")

    @property
    def left(self) -> float:
        """Seconds until it is up, never negative."""
        return max(0.0, self.ends - time.monotonic())

    def error(self, device: str, command: str = "") -> DeadlineError:
        """What to raise when it is up."""
        return DeadlineError(
            f"the time limit is up ({self.limit})", device=device, command=command,
            hint=f"raise limits: {{{self.limit.partition(':')[0]}: ...}} in the playbook",
        )  # fmt: skip
