"""Which sessions a step speaks of: arguments shared by the steps about the session table."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from orchestrator.driver.guard.rpcs import SESSION_FILTERS, SESSION_KINDS
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.errors import suggestion
from orchestrator.model.arguments import Arguments
from orchestrator.playbook.fields import EndpointField, Protocol


class SessionFilterArgs(Arguments):
    """Which sessions. Further keywords of the command stand in ``also``."""

    source: EndpointField | None = None
    destination: EndpointField | None = None
    protocol: Protocol | None = None
    also: dict[str, str] = Field(default_factory=dict, description="keywords of 'show security flow session'")
    kinds: tuple[str, ...] = Field(default=(), description="flags of the command: nat, tunnel, idp ...")
    identifier: int | None = Field(default=None, ge=0, lt=2**64, description="one session by its number, alone")

    @model_validator(mode="after")
    def _known(self) -> Self:
        """A word that were dropped would make the selection wider than meant."""
        for kind in self.kinds:
            if kind not in SESSION_KINDS:
                raise ValueError(f"unknown kind {kind}: {suggestion(kind, SESSION_KINDS)}")
        for word, value in self.also.items():
            slot = SESSION_FILTERS.get(word)
            if slot is None:
                raise ValueError(f"unknown keyword {word}: {suggestion(word, SESSION_FILTERS)}")
            if not slot(value):
                raise ValueError(f"not a value for {word}: {value!r}")
        self.which()
        return self

    def which(self) -> SessionFilter:
        """The filter as the driver takes it."""
        return SessionFilter(
            source=self.source, destination=self.destination, protocol=self.protocol, others=self.also,
            kinds=self.kinds, identifier=self.identifier,
        )  # fmt: skip
