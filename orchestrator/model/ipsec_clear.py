"""What became of security associations that were cleared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Aftermath(StrEnum):
    """What was read back. A returned command proves nothing."""

    RENEWED = "renewed"  # the old SPIs or cookies are gone and new ones are there
    GONE = "gone"  # nothing is there: it comes back with traffic, or the peer does not answer
    NOT_INSTALLED = "not installed"  # new SPIs, but not in the kernel's database
    UNCHANGED = "unchanged"  # the old ones are still there


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """One association and what became of it. ``before`` and ``after`` are its SPIs or cookies as printed for people."""

    what: str
    aftermath: Aftermath
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """One clear. ``reply_lost``: the answer never came, and what happened was read back on a fresh session."""

    command: str
    cleared: tuple[Cleared, ...]
    skipped: tuple[str, ...] = ()
    reply_lost: bool = False

    @property
    def worked(self) -> bool:
        """Whether everything that was meant is new or gone."""
        return all(one.aftermath in (Aftermath.RENEWED, Aftermath.GONE) for one in self.cleared)
