"""ALGs: ``show security alg status``, ``show services alg conversations``, ``show services stateful-firewall``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.operations import committed
from orchestrator.model.alg import AlgConversation, AlgStatus
from orchestrator.model.flow import Endpoint
from orchestrator.model.stateful_firewall import (
    FirewallStatistics,
    ServiceConversation,
    ServiceFlowTable,
    ServicesLogging,
)
from orchestrator.parsers import alg, services_logging, stateful_firewall
from orchestrator.parsers.xml_input import Element

# Narrow, because the rest of ``services`` may hold keys.
_LOGGING = (
    committed.request("system", "syslog"),
    committed.request("services", "service-set"),
    committed.request("services", "stateful-firewall"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFlowFilter:
    """Which conversations or flows; everything unset is not asked for. Names are those of the CLI."""

    source: Endpoint | None = None
    destination: Endpoint | None = None
    protocol: str = ""
    application_protocol: str = ""
    service_set: str = ""
    interface: str = ""
    limit: int | None = None
    level: str = ""  # brief, extensive or terse

    def args(self) -> tuple[tuple[str, str | None], ...]:
        """Arguments of the RPC."""
        args: list[tuple[str, str | None]] = [(self.level, None)] if self.level else []
        for side, endpoint in (("source", self.source), ("destination", self.destination)):
            if endpoint is not None and endpoint.prefix.prefixlen:
                args.append((f"{side}-prefix", str(endpoint.prefix)))
            if endpoint is not None and endpoint.port is not None:
                args.append((f"{side}-port", str(endpoint.port)))
        named = {
            "protocol": self.protocol,
            "application-protocol": self.application_protocol,
            "service-set": self.service_set,
            "interface": self.interface,
            "limit": "" if self.limit is None else str(self.limit),
        }
        return (*args, *((name, value) for name, value in named.items() if value))


def status(driver: Driver, *, keep: Path | None = None) -> list[AlgStatus]:
    """Which ALGs are enabled, one record a node. ``keep`` leaves the reply at that path.

    Raises:
        UnsupportedError: the platform has no such command; a services card has conversations instead.
    """
    reply = _asked(driver, Rpc("get-alg-status"), keep)
    return [one for one in alg.parse_element(reply, _name(driver, keep)) if isinstance(one, AlgStatus)]


def alg_conversations(
    driver: Driver, application_protocol: str = "", *, extensive: bool = False, keep: Path | None = None
) -> list[AlgConversation]:
    """Parent and child sessions of each ALG on cards with extension-provider packages.

    Raises:
        UnsupportedError: the platform has no such command.
    """
    args: list[tuple[str, str | None]] = [("extensive", None)] if extensive else []
    if application_protocol:
        args.append(("application-protocol", application_protocol))
    reply = _asked(driver, Rpc("get-service-msp-alg-conversation-information", tuple(args)), keep)
    return [one for one in alg.parse_element(reply, _name(driver, keep)) if isinstance(one, AlgConversation)]


def conversations(
    driver: Driver, which: ServiceFlowFilter | None = None, *, keep: Path | None = None
) -> list[ServiceConversation]:
    """Conversations of the stateful firewall with their flows and translations.

    Raises:
        UnsupportedError: the platform has no stateful firewall of services cards (an SRX has flow sessions).
    """
    request = Rpc("get-service-sfw-conversation-information", (which or ServiceFlowFilter()).args())
    reply = stateful_firewall.parse_element(_asked(driver, request, keep), _name(driver, keep))
    return [one for one in reply if isinstance(one, ServiceConversation)]


def flows(driver: Driver, which: ServiceFlowFilter | None = None) -> list[ServiceFlowTable]:
    """Flows of the stateful firewall, by service set.

    Raises:
        UnsupportedError: as for conversations.
    """
    request = Rpc("get-service-sfw-flow-table-information", (which or ServiceFlowFilter()).args())
    reply = stateful_firewall.parse_element(_asked(driver, request, None), _name(driver, None))
    return [one for one in reply if isinstance(one, ServiceFlowTable)]


def statistics(driver: Driver, service_set: str = "", *, keep: Path | None = None) -> list[FirewallStatistics]:
    """Every counter of the stateful firewall (``extensive``), by service set.

    Raises:
        UnsupportedError: as for conversations.
    """
    args: tuple[tuple[str, str | None], ...] = (("extensive", None),)
    if service_set:
        args = (*args, ("service-set", service_set))
    request = Rpc("get-service-sfw-statistics-information", args)
    reply = stateful_firewall.parse_element(_asked(driver, request, keep), _name(driver, keep))
    return [one for one in reply if isinstance(one, FirewallStatistics)]


def logging(driver: Driver, *, keep: Path | None = None) -> ServicesLogging | None:
    """Where the card's log lines go, from the committed configuration; groups are resolved.

    ``None`` for a login class that may not read the configuration.
    """
    whole = etree.Element("configuration")
    for part in _LOGGING:
        reply = committed.read(driver, part)
        if reply is None:
            return None
        for configuration in list(reply.iter("configuration")):
            whole.extend(list(configuration))
    if keep is not None:
        keep.write_bytes(etree.tostring(whole))
    return services_logging.parse(whole)


def _asked(driver: Driver, request: Rpc, keep: Path | None) -> Element:
    return driver.rpc(request).kept(keep).root


def _name(driver: Driver, keep: Path | None) -> str:
    return str(keep) if keep is not None else f"{driver.device.name} reply"
