"""The hosts around the device: conversations as timed packets, one task for all of them.

The task wakes a few times a second and hands over every packet that fell due, each with the time it was due at. So
the cost of an idle device is a few wake-ups, whatever its conversations do in between.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import ACK, ECHO_REPLY, FIN, PSH, RST, SYN, Packet
from orchestrator.lab.datapath.routing import LOCAL, RoutingTable
from orchestrator.lab.scenario import PROTOCOL_NUMBERS, Conversation, Scenario

MAX_LAG_SECONDS: Final = 5.0  # after a longer stall the conversations skip what they missed
BARE_LENGTH: Final = 52  # a TCP packet without data


@dataclass(frozen=True, slots=True)
class Step:
    """One packet of a conversation's script; ``exchange`` numbers ICMP sequences.

    Before it its sender sent ``unseen_bytes`` that the device never sees.
    """

    from_client: bool
    flags: int = 0
    length: int = BARE_LENGTH
    exchange: int = 0
    unseen_bytes: int = 0

    @property
    def data_bytes(self) -> int:
        """What TCP's sequence number counts of it, besides SYN and FIN."""
        return max(0, self.length - BARE_LENGTH) if self.flags & PSH else 0


@dataclass(slots=True)
class Run:
    """One repetition of a conversation, on its way."""

    conversation: Conversation
    steps: list[Step]
    interface: str
    logical_system: str
    source_port: int
    number: int
    position: int = 0
    seen: Outcome | None = None  # how the client's last packet came out
    sequences: dict[bool, int] = field(default_factory=dict)  # TCP, what the client and the server send next

    def sequence(self, step: Step) -> int:
        """Number a TCP packet, and count it."""
        first = zlib.crc32(f"{self.conversation.name} {self.number} {step.from_client}".encode())
        number = (self.sequences.get(step.from_client, first) + step.unseen_bytes) % 2**32
        counted = step.data_bytes + bool(step.flags & SYN) + bool(step.flags & FIN)
        self.sequences[step.from_client] = number + counted
        return number


class TrafficSource:
    """Plays the scenario's conversations into a device."""

    def __init__(self, scenario: Scenario, routes: RoutingTable, *, identifier_first: bool) -> None:
        self._scenario = scenario
        self._identifier_first = identifier_first
        self._scripts = {one.name: script(one) for one in scenario.traffic}
        self._interfaces = {one.name: one.interface or _interface_of(one, routes) for one in scenario.traffic}
        self._queue: list[tuple[float, int, Run]] = []
        self._serial = 0

    def begin(self, now: float) -> None:
        """Schedule the first repetition of every conversation."""
        self._queue.clear()
        for conversation in self._scenario.traffic:
            self._push(now + conversation.starts_at, self._run(conversation, 0))

    def next_due(self) -> float | None:
        """When the next packet is due, ``None`` when nothing more will come."""
        return self._queue[0][0] if self._queue else None

    def play(self, now: float, process: Callable[[Packet], Outcome]) -> None:
        """Send every packet that is due."""
        while self._queue and self._queue[0][0] <= now:
            due, _, run = heapq.heappop(self._queue)
            if run.position == 0:
                self._repeat(run, due, now)
            if due < now - MAX_LAG_SECONDS:
                continue
            self._step(run, due, process)

    def _push(self, due: float, run: Run) -> None:
        self._serial += 1
        heapq.heappush(self._queue, (due, self._serial, run))

    def _run(self, conversation: Conversation, number: int) -> Run:
        interface = self._interfaces[conversation.name]
        ingress = self._scenario.interfaces.get(interface)
        port = conversation.source_port + number % conversation.source_ports
        system = ingress.logical_system if ingress else "root-logical-system"
        return Run(conversation, self._scripts[conversation.name], interface, system, port & 0xFFFF, number)

    def _repeat(self, run: Run, due: float, now: float) -> None:
        every = run.conversation.every
        if every is not None:
            following = due + every
            if following < now - MAX_LAG_SECONDS:
                following += (now - following) // every * every
            self._push(following, self._run(run.conversation, run.number + 1))

    def _step(self, run: Run, due: float, process: Callable[[Packet], Outcome]) -> None:
        step = run.steps[run.position]
        last: Outcome | None = None
        if step.from_client:
            last = run.seen = process(self._client_packet(run, step, due))
        elif run.seen is not None:
            last = process(self._server_packet(run, step, due))
        if last is not None and last.cause is not None:
            return  # nobody will answer: the rest of the script never happens
        run.position += 1
        if run.position < len(run.steps):
            self._push(due + run.conversation.pause, run)

    def _client_packet(self, run: Run, step: Step, due: float) -> Packet:
        conversation = run.conversation
        ports = (run.source_port, conversation.destination.port)
        if conversation.protocol == "icmp":
            sequence = (run.number * max(1, conversation.exchanges) + step.exchange) & 0xFFFF
            ports = (run.source_port, sequence) if self._identifier_first else (sequence, run.source_port)
        return Packet(
            conversation.source,
            ports[0],
            conversation.destination.address,
            ports[1],
            PROTOCOL_NUMBERS[conversation.protocol],
            run.interface,
            due,
            step.flags,
            step.length,
            ip_id=(run.number * 64 + run.position + 1) & 0xFFFF,
            logical_system=run.logical_system,
            ttl=conversation.ttl,
            dont_fragment=conversation.dont_fragment,
            sequence=run.sequence(step),
            data_bytes=step.data_bytes,
        )

    @staticmethod
    def _server_packet(run: Run, step: Step, due: float) -> Packet:
        """Answer what the server got: it knows the client only by its translated address."""
        assert run.seen is not None
        got = run.seen.forwarded or run.seen.packet
        interface = run.conversation.reply_interface or got.interface
        return Packet(
            got.destination,
            got.destination_port,
            got.source,
            got.source_port,
            got.protocol,
            LOCAL if run.seen.delivered else interface,
            due,
            step.flags,
            step.length,
            ip_id=(0x8000 + run.number * 64 + run.position) & 0xFFFF,
            icmp=ECHO_REPLY,
            logical_system=run.logical_system,
            sequence=run.sequence(step),
            data_bytes=step.data_bytes,
            payload=run.conversation.payload if step.data_bytes else "",
        )


def script(conversation: Conversation) -> list[Step]:
    """The packets of a conversation as its two hosts send them when nothing stops them."""
    if conversation.protocol != "tcp":
        return _datagrams(conversation)
    steps = [Step(from_client=True, flags=SYN, length=BARE_LENGTH + 8)] if conversation.syn else []
    if conversation.syn and not conversation.listening:
        return [*steps, Step(from_client=False, flags=RST | ACK)]
    if conversation.syn and not conversation.reply:
        return steps
    if conversation.syn:
        steps += [Step(from_client=False, flags=SYN | ACK, length=BARE_LENGTH + 8), Step(from_client=True, flags=ACK)]
    for left in range(conversation.exchanges, 0, -1):
        unseen = conversation.unseen_bytes if left == 1 else 0
        steps.append(Step(from_client=True, flags=PSH | ACK, length=conversation.length, unseen_bytes=unseen))
        if conversation.reply:
            steps.append(Step(from_client=False, flags=PSH | ACK, length=conversation.length * 4))
    return [*steps, *_ending(conversation)] or [Step(from_client=True, flags=ACK)]


def _datagrams(conversation: Conversation) -> list[Step]:
    steps = []
    for exchange in range(max(1, conversation.exchanges)):
        steps.append(Step(from_client=True, length=conversation.length, exchange=exchange))
        if conversation.reply:
            length = conversation.length * (1 if conversation.protocol == "icmp" else 2)
            steps.append(Step(from_client=False, length=length, exchange=exchange))
    return steps


def _ending(conversation: Conversation) -> list[Step]:
    if conversation.close == "fin":
        last = (
            [Step(from_client=False, flags=FIN | ACK), Step(from_client=True, flags=ACK)] if conversation.reply else []
        )
        return [Step(from_client=True, flags=FIN | ACK), *last]
    if conversation.close == "none":
        return []
    return [Step(from_client=conversation.close == "client-rst", flags=RST | ACK)]


def _interface_of(conversation: Conversation, routes: RoutingTable) -> str:
    """Where the client lies, by the device's own routes."""
    hop = routes.lookup(conversation.source)
    return hop.interface if hop else ""
