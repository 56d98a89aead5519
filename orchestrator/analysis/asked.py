"""The conversation in question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.model.flow import Endpoint, FlowKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Ends and protocol as the person named them; ``None`` is any."""

    source: Endpoint | None = None
    destination: Endpoint | None = None
    protocol: int | None = None

    def means(self, key: FlowKey) -> bool:
        """Whether it is this conversation, seen from its initiator or from its responder."""
        return self.names(key) or self.names(key.reverse())

    def is_of(self, keys: Mapping[FlowKey, bool]) -> bool:
        """Whether it is a conversation of these names (``True`` for those of replies), from either end."""
        return any(self.means(key) for key in keys)

    def begins(self, keys: Mapping[FlowKey, bool]) -> bool:
        """Whether it is a conversation of these names that began in the direction that was asked about."""
        return any(self.names(key.reverse() if back else key) for key, back in keys.items())

    def names(self, key: FlowKey) -> bool:
        """Whether it is this conversation, in the direction that was asked about."""
        return (
            (self.source is None or self.source.holds(key.source, key.source_port))
            and (self.destination is None or self.destination.holds(key.destination, key.destination_port))
            and self.protocol in (None, key.protocol)
        )

    def as_dict(self) -> dict[str, str | int | None]:
        """For the result document, so that the same can be asked again."""
        return {
            "source": str(self.source) if self.source else None,
            "destination": str(self.destination) if self.destination else None,
            "protocol": self.protocol,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Asked:
        """What ``as_dict`` made.

        Raises:
            ValueError: it is none.
        """
        source, destination = given.get("source"), given.get("destination")
        return cls(
            source=Endpoint.parse(source) if source else None,
            destination=Endpoint.parse(destination) if destination else None,
            protocol=given.get("protocol"),
        )

    def __str__(self) -> str:
        return f"{self.source or 'any'} -> {self.destination or 'any'}"
