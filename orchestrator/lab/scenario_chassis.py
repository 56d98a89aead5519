"""What a scenario says of the chassis: cards, alarms, error counters, active errors, output of forwarding engines."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Node = Literal[0, 1]
Severity = Literal["Minor", "Major", "Fatal"]


class Part(BaseModel):
    """Unknown keys are mistakes; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Timed(Part):
    """On one node, from ``after`` seconds of lab time on, until ``until`` when that is given."""

    node: Node = 0
    after: float = Field(default=0.0, ge=0)
    until: float | None = Field(default=None, gt=0)

    def holds(self, elapsed: float) -> bool:
        """Whether it is so that many seconds after the lab began."""
        return self.after <= elapsed and (self.until is None or elapsed < self.until)


class Alarm(Timed):
    """An alarm; those of type Chassis stand in both lists, as on a vSRX 24.4R1.9."""

    severity: Literal["Major", "Minor"] = "Major"
    description: str
    short: str = ""
    type: Literal["Chassis", "System", "Configuration", "Autorecovery"] = "Chassis"


class Level(Part):
    """Counters of one severity. ``every``: seconds after which the counter grows by one, again and again."""

    occurred: int = 0
    cleared: int = 0
    threshold: int = 1
    taken: int = 0
    action: str = ""
    every: float | None = Field(default=None, gt=0)


class ErrorGroup(Part):
    """One kind of error of one forwarding engine."""

    pfe: str = "0"
    name: str
    error_id: int
    description: str = ""
    occurred: int = 0
    cleared: int = 0
    threshold: int = 1
    action: str = ""


class Card(Part):
    """A card. The default thresholds and actions are those of the documentation (minor 10, major and fatal 1)."""

    node: Node = 0
    slot: int = Field(default=0, ge=0, le=23)
    description: str = ""
    minor: Level = Level(threshold=10, action="LOG|")
    major: Level = Level(action="CM ALARM|GET STATE|")
    fatal: Level = Level(action="CM ALARM|RESET")
    pfe_state: str = "pfe-0 -ENABLED"
    groups: list[ErrorGroup] = []


class ActiveError(Timed):
    """One active error, with the fields of the published detail."""

    slot: int = Field(default=0, ge=0, le=23)
    name: str
    identifier: str = ""
    details: str = ""
    state: str = "enabled"
    scope: Literal["board", "pfe"] = "pfe"
    category: Literal["functional", "memory", "io", "storage", "switch", "processing"] = "functional"
    level: Severity = "Major"
    threshold: int = 1
    limit: int = 1
    occurred: int = 1
    cleared: int = 0
    last: str = "120"


class PfeOutput(Timed):
    """What a card prints for a show command."""

    slot: int = Field(default=0, ge=0, le=23)
    command: str
    text: str


class Chassis(Part):
    """The chassis of the device. Without cards, it has one in slot 0 without errors.

    ``pfe_permission`` is what ``request pfe execute`` asks of the login class: no source says it.
    """

    routing_engine: str = ""
    cards: list[Card] = []
    alarms: list[Alarm] = []
    active_errors: list[ActiveError] = []
    pfe: list[PfeOutput] = []
    pfe_permission: str = "maintenance"
