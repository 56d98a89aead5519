"""The chassis of one lab device: what its scenario says, at this moment of lab time."""

from __future__ import annotations

from orchestrator.lab.clock import Clock
from orchestrator.lab.scenario_chassis import ActiveError, Alarm, Card, Chassis, Level


class ChassisTrouble:
    """Answers what holds now; counters with ``every`` grow by themselves."""

    def __init__(self, chassis: Chassis, clock: Clock) -> None:
        self.chassis = chassis
        self._clock = clock
        self._began = clock.now()

    @property
    def elapsed(self) -> float:
        """Seconds of lab time since the device was started."""
        return self._clock.now() - self._began

    def epoch(self, after: float) -> int:
        """Epoch second of a moment of the scenario."""
        return int(self._began + after)

    def cards(self, node: int) -> list[Card]:
        """The cards of a node; one without errors in slot 0 when the scenario names none."""
        if not self.chassis.cards:
            return [Card(node=0 if node == 0 else 1)]
        return [card for card in self.chassis.cards if card.node == node]

    def alarms(self, node: int, *, of_chassis: bool) -> list[Alarm]:
        """Active alarms, newest first as a device lists them; the system's list holds those of the chassis too."""
        now = [one for one in self.chassis.alarms if one.node == node and one.holds(self.elapsed)]
        now = [one for one in now if one.type == "Chassis" or not of_chassis]
        return sorted(now, key=lambda one: -one.after)

    def active_errors(self, node: int) -> list[ActiveError]:
        """Errors that are active."""
        return [one for one in self.chassis.active_errors if one.node == node and one.holds(self.elapsed)]

    def occurred(self, level: Level) -> int:
        """A counter of errors as it stands now."""
        return level.occurred + (int(self.elapsed / level.every) if level.every else 0)

    def printed(self, node: int, slot: int, command: str) -> str | None:
        """What a card prints for a command, ``None`` when the scenario does not say."""
        return next(
            (
                one.text
                for one in self.chassis.pfe
                if (one.node, one.slot, one.command) == (node, slot, command) and one.holds(self.elapsed)
            ),
            None,
        )
