"""``show ipsec redundancy``: pairs of encryption interfaces and of tunnel peers, and what a switch between them did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.place import Place

ACTIVE = "Active"
STANDBY = "Standby"
OFFLINE = "Offline"  # interfaces only: both begin so, and one that failed is so


class PairKind(StrEnum):
    """What is redundant; the values are the words of the command."""

    INTERFACE = "interface"
    TUNNEL = "security-associations"


@dataclass(frozen=True, slots=True)
class Side:
    """One half of a pair: an interface or a remote address, and its state as printed."""

    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedundantPair:
    """Primary and backup. ``name`` is the security association of a tunnel, the primary interface of interfaces.

    ``counter`` counts switches, ours and the device's own, since the software was activated; ``None`` when it is not
    shown. ``local`` is the local address of a tunnel.
    """

    kind: PairKind
    name: str
    counter: int | None
    primary: Side
    backup: Side
    local: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Primary, then backup."""
        return self.primary, self.backup

    @property
    def active(self) -> Side | None:
        """The side that carries the traffic; ``None`` when there is not exactly one."""
        found = [one for one in self.sides if one.state == ACTIVE]
        return found[0] if len(found) == 1 else None

    @property
    def other(self) -> Side | None:
        """The side that would take over; ``None`` when no side is active."""
        active = self.active
        if active is None:
            return None
        return self.backup if active is self.primary else self.primary

    def holds(self, name: str) -> bool:
        """Whether a name means this pair: of the association, or of either interface."""
        names = {self.name} if self.kind is PairKind.TUNNEL else {side.name for side in self.sides}
        return name in names

    def __str__(self) -> str:
        sides = ", ".join(f"{side.name} {side.state}" for side in self.sides)
        return f"{f'{self.name}: ' if self.kind is PairKind.TUNNEL else ''}{sides}, counter {_shown(self.counter)}"


def _shown(counter: int | None) -> str:
    return "not shown" if counter is None else str(counter)


class Associations(StrEnum):
    """What became of the security associations over a switch."""

    INHERITED = "inherited"  # the same SPIs: the standby took them over
    NEW = "new"  # none of the old SPIs is left
    MIXED = "mixed"  # some of the old SPIs are left
    LOST = "lost"  # there were some, and there are none
    NONE = "none"  # there were none
    UNKNOWN = "unknown"  # they could not be read


# What each kind of switch must do to them (facts: documentation; interfaces inherit, a tunnel is negotiated anew).
DUE = {PairKind.INTERFACE: Associations.INHERITED, PairKind.TUNNEL: Associations.NEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One switch as it was seen: the pair before and after, and the associations.

    ``reconciled``: the reply was lost and the state was read back. ``said`` is what the device printed; no source tells
    what it prints.
    """

    before: RedundantPair
    after: RedundantPair
    associations: Associations = Associations.UNKNOWN
    reconciled: bool = False
    said: str = ""

    @property
    def counted(self) -> int | None:
        """By how much the counter moved; ``None`` when it is not shown."""
        if self.before.counter is None or self.after.counter is None:
            return None
        return self.after.counter - self.before.counter

    @property
    def swapped(self) -> bool:
        """Whether the side that stood by is active now, and the other one stands by."""
        due, now = self.before.other, self.after.active
        gone = self.after.other
        return (
            due is not None and now is not None and now.name == due.name and gone is not None and gone.state == STANDBY
        )

    def faults(self) -> list[str]:
        """Every way in which this was not a clean switch; empty when it was."""
        found = []
        if not self.swapped:
            found.append(f"the states did not swap: before {self.before}; after {self.after}")
        if self.counted != 1:
            moved = "is not shown" if self.counted is None else f"moved by {self.counted}, not by 1"
            found.append(f"the failure counter {moved}")
        return found
