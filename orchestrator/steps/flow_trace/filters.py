"""The filters of a conversation: one a direction, each with the addresses of the packet as it arrives.

The reverse packet arrives with the addresses that NAT gave the conversation: from the real server, to the translated
client. They are read from the session; before there is one, from the NAT rules; where those do not tell, the
untranslated reverse is watched until a session appears.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_session
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.model.flow import Endpoint, Network
from orchestrator.model.flow_monitor import FlowFilter
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.nat import NatRules

MAX_REVERSE = 8


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who talks to whom, as the first packet arrives."""

    source: Endpoint
    destination: Endpoint
    protocol: int | None = None

    def sessions(self) -> SessionFilter:
        """Its sessions, as the session table is asked for them."""
        return SessionFilter(source=self.source, destination=self.destination, protocol=self.protocol)


def described(one: FlowFilter) -> dict[str, str]:
    """A filter as the result file tells it."""
    return {"name": one.name, **{name: str(value) for name, value in one.criteria.items()}}


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


def forecast(talk: Conversation, rules: NatRules, name: str) -> FlowFilter | None:
    """The reverse filter that the NAT rules promise; ``None`` when they translate nothing or do not say to what.

    Which rule-set applies depends on zones that only the device knows: a rule counts when its addresses fit, the first
    one wins as on the device.
    """
    server, client = talk.destination, talk.source.prefix
    for rule in rules.destination:
        if _inside(talk.destination.prefix, rule.public.prefix) and rule.public.port in (None, talk.destination.port):
            server = Endpoint(rule.server.prefix, rule.server.port or talk.destination.port)
            break
    for static in rules.static:
        if static.public == talk.destination.prefix:
            server = Endpoint(static.private, talk.destination.port)
        if static.private == client:
            client = static.public
    if client == talk.source.prefix:
        client = _pool_for(talk, server.prefix, rules)
    if (server, client) == (talk.destination, talk.source.prefix):
        return None
    return FlowFilter(
        name=name, source_prefix=server.prefix, source_port=server.port, destination_prefix=client,
        protocol=talk.protocol,
    )  # fmt: skip


def _pool_for(talk: Conversation, server: Network, rules: NatRules) -> Network:
    """The client's translated prefix, its own where no pool of a single prefix applies."""
    for rule in rules.source:
        if _inside(talk.source.prefix, rule.source) and _inside(server, rule.destination):
            return rule.pool[0] if len(rule.pool) == 1 else talk.source.prefix
    return talk.source.prefix


def _inside(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and outer.network_address <= inner.network_address  # type: ignore[operator]
        and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator]
    )


def reverse_filters(
    driver: Driver, talk: Conversation, tag: Callable[[str], str], *, first: int = 1
) -> list[FlowFilter]:
    """Filters for the replies of the sessions there are, with translated addresses; none while there is no session.

    A translated client port changes from session to session, so it is not part of the filter unless the conversation
    names the client's port. Names are numbered from ``first``: what a second filter of one name does is in no source.
    """
    seen: dict[tuple[str, int | None, str, int | None], FlowFilter] = {}
    for session in flow_session.sessions(driver, talk.sessions()):
        if not isinstance(session, FlowSession) or (returns := session.wing("Out")) is None:
            continue
        client_port = returns.destination_port if talk.source.port is not None else None
        server_port = returns.source_port if talk.destination.port is not None else None
        place = (returns.source, server_port, returns.destination, client_port)
        if place not in seen and len(seen) < MAX_REVERSE:
            seen[place] = FlowFilter(
                name=tag(f"nat{first + len(seen)}"),
                source_prefix=ipaddress.ip_network(returns.source),
                source_port=server_port,
                destination_prefix=ipaddress.ip_network(returns.destination),
                destination_port=client_port,
                protocol=talk.protocol,
            )
    return list(seen.values())
