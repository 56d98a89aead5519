"""Which sessions a step speaks of: arguments shared by the steps about the session table."""

from __future__ import annotations

from pydantic import Field

from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.model.arguments import Arguments
from orchestrator.playbook.fields import EndpointField, Protocol


class SessionFilterArgs(Arguments):
    """Which sessions. Further keywords of the command stand in ``also``."""

    source: EndpointField | None = None
    destination: EndpointField | None = None
    protocol: Protocol | None = None
    also: dict[str, str] = Field(default_factory=dict, description="keywords of 'show security flow session'")
    kinds: tuple[str, ...] = Field(default=(), description="flags of the command: nat, tunnel, idp ...")

    def which(self) -> SessionFilter:
        """The filter as the driver takes it."""
        return SessionFilter(
            source=self.source, destination=self.destination, protocol=self.protocol, others=self.also,
            kinds=self.kinds,
        )  # fmt: skip
