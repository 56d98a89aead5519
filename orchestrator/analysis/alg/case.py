"""What is known of a device's ALGs; ``None`` where a source was not read, which is never the same as empty."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.alg import AlgConversation, AlgStatus
from orchestrator.model.service_log import ServiceLog
from orchestrator.model.stateful_firewall import FirewallStatistics, ServiceConversation, ServicesLogging


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgCase:
    """One ALG (``wanted`` is its small name, empty for all) on one device.

    ``sessions`` are those of cards with extension-provider packages. ``statistics`` is the later reading of the
    counters, ``earlier`` the one before it.
    """

    wanted: str = ""
    conversations: tuple[ServiceConversation, ...] | None = None
    sessions: tuple[AlgConversation, ...] | None = None
    earlier: tuple[FirewallStatistics, ...] | None = None
    statistics: tuple[FirewallStatistics, ...] | None = None
    status: tuple[AlgStatus, ...] | None = None
    logging: ServicesLogging | None = None
    logs: tuple[ServiceLog, ...] | None = None

    @property
    def meant(self) -> tuple[ServiceConversation, ...]:
        """Conversations of the ALG that is asked about."""
        return tuple(one for one in self.conversations or () if self.wanted in {"", one.alg})
