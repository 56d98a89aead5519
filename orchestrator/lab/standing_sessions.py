"""Sessions of the table that no packet of the lab's traffic made: stated ones, multicast streams, management."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from orchestrator.lab.datapath.policy import SELF_POLICY
from orchestrator.lab.datapath.records import Session, Wing
from orchestrator.lab.datapath.routing import LOCAL
from orchestrator.lab.scenario import Scenario
from orchestrator.lab.scenario_sessions import MulticastStream, StandingSession

TCP: Final = 6
UDP: Final = 17
UDP_TIMEOUT: Final = 60  # seconds; of multicast it cannot be configured (documentation)
STATED_FROM: Final = 500_001  # where session ids begin, each kind far from those of the datapath
STREAMS_FROM: Final = 600_001
STREAM_STRIDE: Final = 10_000
MANAGEMENT_FROM: Final = 700_000
PACKET_BYTES: Final = 100

Ends = tuple[str, int, str, int]  # client address and port, device address and port


class HasEnds(Protocol):
    """A client's connection."""

    def ends(self) -> Ends | None:
        """Addresses and ports, client first; ``None`` when it is gone."""


class StandingSessions:
    """What stands in the table besides the datapath's sessions. Times are lab time in epoch seconds."""

    def __init__(self, scenario: Scenario, begun: float, connections: Mapping[int, HasEnds]) -> None:
        self._scenario = scenario
        self._begun = begun
        self._connections = connections
        self._idle = {one.name: one.inactivity_timeout for one in scenario.applications}
        self._zones = {name: one.zone or "" for name, one in scenario.interfaces.items()} | {LOCAL: "junos-host"}
        self._numbers = {one.name: one.id for one in scenario.policies}
        self._gone: set[int] = set()  # session ids that were cleared

    def living(self, now: float) -> list[Session]:
        """All of them as they are now."""
        found = [*self._stated(now), *self._streams(now), *self._management(now)]
        return [one for one in found if one.session_id not in self._gone]

    def clear(self, matches: Callable[[Session], bool], now: float) -> tuple[int, set[int]]:
        """End those that match; returns how many, and the numbers of the SSH connections that ended with them."""
        lasting = {STATED_FROM + at for at, one in enumerate(self._scenario.sessions) if one.survives}
        ended = [one.session_id for one in self.living(now) if matches(one) and one.session_id not in lasting]
        carried = {number - MANAGEMENT_FROM for number in ended if number > MANAGEMENT_FROM}
        self._gone |= {number for number in ended if number <= MANAGEMENT_FROM}
        return len(ended), carried

    def _stated(self, now: float) -> Iterator[Session]:
        for at, one in enumerate(self._scenario.sessions):
            yield self._session(STATED_FROM + at, one, now)

    def _session(self, number: int, one: StandingSession, now: float) -> Session:
        ends = (one.source, one.source_port, one.destination, one.destination_port, one.protocol)
        incoming = _wing(ends, one.into, one.packets)
        back = (one.destination, one.destination_port, one.source, one.source_port, one.protocol)
        return Session(
            session_id=number, incoming=incoming, outgoing=_wing(back, one.out, one.packets) if one.out else None,
            policy=self._policy(one.policy), from_zone=self._zones.get(one.into, ""),
            to_zone=self._zones.get(one.out, ""), created=self._begun, last_packet=now, timeout_seconds=one.timeout,
            configured_timeout_seconds=one.timeout, application=one.application,
            dynamic_application=one.dynamic_application, kinds=one.kinds,
        )  # fmt: skip

    def _policy(self, name: str) -> str:
        return f"{name}/{self._numbers[name]}" if name in self._numbers else name

    def _streams(self, now: float) -> Iterator[Session]:
        for at, stream in enumerate(self._scenario.multicast):
            yield from self._stream(STREAMS_FROM + at * STREAM_STRIDE, stream, now)

    def _stream(self, first: int, stream: MulticastStream, now: float) -> Iterator[Session]:
        """Template and leaves; nobody while the stream is silent for longer than they live."""
        timeouts = [self._idle.get(leaf.application) or 0 for leaf in stream.leaves]
        timeout = max(UDP_TIMEOUT, *timeouts)
        rounds, silent = divmod(now - self._begun, stream.interval)
        if silent >= timeout:
            return
        again = stream.interval > timeout  # every packet makes them anew
        number = first + (int(rounds) * (1 + len(stream.leaves)) if again else 0)
        created = now - silent if again else self._begun
        packets = 1 if again else int(rounds) + 1
        ends = (stream.source, stream.source_port, stream.group, stream.port, UDP)
        back = (stream.group, stream.port, stream.source, stream.source_port, UDP)
        for at, leaf in enumerate((None, *stream.leaves)):
            yield Session(
                session_id=number + at, incoming=_wing(ends, stream.into, packets),
                outgoing=_wing(back, leaf.interface, 0) if leaf else None,  # synthetic: a template has no Out wing
                policy=self._policy(leaf.policy) if leaf else "N/A", from_zone=self._zones.get(stream.into, ""),
                to_zone=self._zones.get(leaf.interface, "") if leaf else "", created=created,
                last_packet=now - silent, timeout_seconds=timeout, configured_timeout_seconds=timeout,
                application=leaf.application if leaf else "", multicast="leaf" if leaf else "template",
            )  # fmt: skip

    def _management(self, now: float) -> Iterator[Session]:
        way = self._scenario.management
        if way is None:
            return
        for number, connection in list(self._connections.items()):
            ends = connection.ends()
            if ends is None:
                continue
            client, client_port, device, port = ends
            client = way.seen_as or client
            client_port += 1 if way.seen_as else 0
            if ipaddress.ip_address(client).version != ipaddress.ip_address(device).version:
                continue
            yield Session(
                session_id=MANAGEMENT_FROM + number,
                incoming=_wing((client, client_port, device, port, TCP), way.into, 10),
                outgoing=_wing((device, port, client, client_port, TCP), LOCAL, 10), policy=SELF_POLICY,
                from_zone=self._zones.get(way.into, ""), to_zone="junos-host", created=self._begun, last_packet=now,
                timeout_seconds=1800, configured_timeout_seconds=1800,
            )  # fmt: skip


def _wing(ends: tuple[str, int, str, int, int], interface: str, packets: int) -> Wing:
    return Wing(*ends, interface, packets=packets, bytes=packets * PACKET_BYTES)
