"""A device's forwarding plane on the bench: driven by hand, at times the test chooses."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.lab.clock import Clock
from orchestrator.lab.datapath.engine import Datapath
from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import ACK, SYN, TCP, Packet
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.filesystem import Filesystem
from orchestrator.lab.monitor import Filter, Monitor, TraceFile
from orchestrator.lab.scenario import Scenario
from orchestrator.lab.scenario_file import load

T0 = 1_770_000_000.0  # Feb  2 02:40:00 2026 UTC
TRACE = "/var/log/trace"


@dataclass
class Bench:
    scenario: Scenario = field(default_factory=lambda: load("default"))
    style: DeviceStyle = field(default_factory=DeviceStyle)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.filesystem = Filesystem(self.clock)
        self.monitor = Monitor()
        self.datapath = Datapath(self.scenario, self.clock, self.monitor, self.filesystem, self.style)

    def arm(self, *filters: Filter, file: TraceFile | None = None) -> None:
        self.monitor.set_file(file or TraceFile("trace"))
        for one in filters or (Filter("ALL", {}),):
            self.monitor.set_filter(one)
        self.monitor.start()

    def play(self, start: float, seconds: float) -> None:
        """Let the scenario's traffic run over a span of time, a tick every 0.1 s."""
        self.datapath.begin(start)
        for number in range(int(seconds * 10) + 1):
            self.datapath.tick(start + number / 10)

    def send(self, packet: Packet) -> Outcome:
        return self.datapath.process(packet)

    def handshake(self, source: str, destination: str, time: float = T0) -> tuple[Outcome, Outcome, Outcome]:
        """SYN, SYN ACK from where the SYN went, ACK."""
        opened = self.send(tcp(source, destination, SYN, time))
        answered = self.send(answer(opened, SYN | ACK, time + 0.01))
        return opened, answered, self.send(tcp(source, destination, ACK, time + 0.02))

    def text(self, path: str = TRACE) -> str:
        file = self.filesystem.get(path)
        return file.data.decode() if file else ""

    def bodies(self) -> list[str]:
        """Trace bodies, everything flushed."""
        self.datapath.flush(T0 + 3600, everything=True)
        return [line.split(":RT:", 1)[1] for line in self.text().splitlines()]

    def brackets(self) -> list[list[str]]:
        """Bodies cut at the end lines, the control line left out; only for traces of one thread."""
        found: list[list[str]] = [[]]
        for body in self.bodies():
            if body.startswith("CLI flow status"):
                continue
            found[-1].append(body)
            if "flow_process_pkt rc" in body:
                found.append([])
        assert not found.pop()
        return found


INTERFACES = {"10.1.1.": "ge-0/0/0.0", "10.2.2.": "ge-0/0/2.0"}


def tcp(
    source: str, destination: str, flags: int = SYN, time: float = T0, *, length: int = 60, ip_id: int = 7
) -> Packet:
    """A TCP packet from ``address:port`` to ``address:port``, on the interface its sender is behind."""
    (left, left_port), (right, right_port) = source.split(":"), destination.split(":")
    interface = next((name for prefix, name in INTERFACES.items() if left.startswith(prefix)), "ge-0/0/1.0")
    return Packet(left, int(left_port), right, int(right_port), TCP, interface, time, flags, length, ip_id)


def answer(seen: Outcome, flags: int = ACK, time: float = T0, *, length: int = 60) -> Packet:
    """The server's packet: to whom it saw."""
    got = seen.forwarded
    assert got is not None
    ends = (got.destination, got.destination_port, got.source, got.source_port)
    return Packet(*ends, got.protocol, got.interface, time, flags, length, ip_id=9)
