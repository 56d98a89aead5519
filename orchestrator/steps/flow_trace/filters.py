"""The filters of a conversation: one a direction, each with the addresses of the packet as it arrives.

The reverse packet arrives with the addresses that NAT gave the conversation: from the real server, to the translated
client. They are read from the session; before there is one, the untranslated reverse is watched.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_session
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.model.flow import Endpoint
from orchestrator.model.flow_monitor import FlowFilter
from orchestrator.model.flow_session import FlowSession

MAX_REVERSE = 8


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who talks to whom, as the first packet arrives."""

    source: Endpoint
    destination: Endpoint
    protocol: int | None = None


def both_ways(talk: Conversation, tag: Callable[[str], str], *, both: bool) -> list[FlowFilter]:
    """The forward filter, and the untranslated reverse one."""
    forward = FlowFilter(
        name=tag("fwd"),
        source_prefix=talk.source.prefix,
        source_port=talk.source.port,
        destination_prefix=talk.destination.prefix,
        destination_port=talk.destination.port,
        protocol=talk.protocol,
    )
    reverse = FlowFilter(
        name=tag("rev"),
        source_prefix=talk.destination.prefix,
        source_port=talk.destination.port,
        destination_prefix=talk.source.prefix,
        destination_port=talk.source.port,
        protocol=talk.protocol,
    )
    return [forward, reverse] if both else [forward]


def reverse_filters(driver: Driver, talk: Conversation, tag: Callable[[str], str]) -> list[FlowFilter]:
    """Filters for the replies of the sessions there are, with translated addresses; none while there is no session.

    A translated client port changes from session to session, so it is not part of the filter unless the conversation
    names the client's port.
    """
    which = SessionFilter(source=talk.source, destination=talk.destination, protocol=talk.protocol)
    seen: dict[tuple[str, int | None, str, int | None], FlowFilter] = {}
    for session in flow_session.sessions(driver, which):
        if not isinstance(session, FlowSession) or (returns := session.wing("Out")) is None:
            continue
        client_port = returns.destination_port if talk.source.port is not None else None
        server_port = returns.source_port if talk.destination.port is not None else None
        place = (returns.source, server_port, returns.destination, client_port)
        if place not in seen and len(seen) < MAX_REVERSE:
            seen[place] = FlowFilter(
                name=tag(f"nat{len(seen) + 1}"),
                source_prefix=ipaddress.ip_network(returns.source),
                source_port=server_port,
                destination_prefix=ipaddress.ip_network(returns.destination),
                destination_port=client_port,
                protocol=talk.protocol,
            )
    return list(seen.values())
