"""One device: its state, and everything that was done to it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections import deque
from collections.abc import Coroutine, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from orchestrator.lab.chassis_trouble import ChassisTrouble
from orchestrator.lab.clock import Clock
from orchestrator.lab.configuration import Configuration
from orchestrator.lab.datapath.engine import Datapath
from orchestrator.lab.es_pic import Encryption
from orchestrator.lab.faults import Faults
from orchestrator.lab.filesystem import Filesystem
from orchestrator.lab.monitor import Monitor, TraceFile
from orchestrator.lab.operations.catalogue import Catalogue
from orchestrator.lab.operations.flow_monitor import filter_from
from orchestrator.lab.packet_capture import PacketCapture
from orchestrator.lab.persona import Persona
from orchestrator.lab.scenario import Foreign, Scenario
from orchestrator.lab.standing_sessions import Ends, StandingSessions
from orchestrator.lab.stateful_firewall import StatefulFirewallState
from orchestrator.lab.vpn import Tunnels

WIRE_LOG_ENTRIES = 100_000
COMMITS_KEPT = 50  # facts: the history holds the last 50
UP_BEFORE_SECONDS = 9 * 86400.0  # how long the device has been up when the lab starts
IDLE_CPU_PERCENT = 4


class Connection(Protocol):
    """What the device can do to a client's SSH connection."""

    def drop(self, *, reset: bool = False) -> None:
        """End it without a word; ``reset`` as a TCP RST."""

    def ends(self) -> Ends | None:
        """Addresses and ports, client first; ``None`` when it is gone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and where; the class is looked up on every request, so it may change."""

    box: Box
    user: str
    session: int
    channel: str
    connection: Connection

    @property
    def login_class(self) -> str:
        """The login class at this moment."""
        return self.box.users.get(self.user, "unauthorized")


@dataclass(frozen=True, slots=True)
class WireEntry:
    """One request as it arrived; ``time`` is lab time."""

    time: float
    user: str
    session: int
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One record of the commit history; ``time`` is lab time."""

    number: int
    time: float
    user: str
    client: str


@dataclass(slots=True)
class Credentials:
    """Passwords by user, and public keys in OpenSSH's form."""

    passwords: dict[str, str] = field(default_factory=dict)
    authorized_keys: dict[str, list[str]] = field(default_factory=dict)


class Box:
    """Everything of one device but its doors."""

    def __init__(self, name: str, persona: Persona, scenario: Scenario, clock: Clock, credentials: Credentials) -> None:
        self.name = name
        self.persona = persona
        self.scenario = scenario
        self.clock = clock
        self.credentials = credentials
        self.catalogue = Catalogue(persona)
        self.users = {account.name: account.login_class for account in persona.accounts}
        self.filesystem = Filesystem(clock)
        self.monitor = Monitor(texts=dict(persona.texts), traceoptions_on=scenario.traceoptions)
        self.peers = [Filesystem(clock) for _ in range(persona.nodes - 1)]  # disks of a cluster's other nodes
        style = persona.style(name)
        self.datapath = Datapath(scenario, clock, self.monitor, self.filesystem, style, self.peers)
        self.datapath.on_commit(lambda user: self.commit(user, "cli"))
        self.capture = PacketCapture(
            self.filesystem, clock, persona.packet_capture.link, persona.packet_capture.folder,
            persona.packet_capture.sightings, dict(persona.texts),
        )  # fmt: skip
        self.datapath.watchers.append(self.capture.see)
        self.configuration = Configuration(self)
        self.faults = Faults(scenario.faults)
        self.chassis = ChassisTrouble(scenario.chassis, clock)
        self.connections: dict[int, Connection] = {}
        self.standing = StandingSessions(scenario, clock.now(), self.connections)
        self.stateful_firewall = StatefulFirewallState(scenario.stateful_firewall)
        self.session_numbers = itertools.count(random.randrange(20000, 90000))  # noqa: S311 - a process id
        self.wire_log: deque[WireEntry] = deque(maxlen=WIRE_LOG_ENTRIES)
        self.requests_at_work = 0
        self.config_operations = 0
        self.commits = 0
        self.cpu_percent = IDLE_CPU_PERCENT
        self.up = True
        self.roles = ["primary", *["secondary"] * (persona.nodes - 1)]  # of each node in redundancy group 0
        self.failovers = 0
        self.thawed = asyncio.Event()  # clear while nothing of the device answers
        self.thawed.set()
        self.booted = clock.now() - UP_BEFORE_SECONDS
        self.encryption = Encryption(scenario.es_pic, clock.now, lambda: self.booted)
        self.tunnels = Tunnels(scenario.vpn, clock.now, lambda: self.booted)
        first = Commit(0, self.booted + 3600, "root", "cli")
        self.history: deque[Commit] = deque([first], maxlen=COMMITS_KEPT)
        self._background: set[asyncio.Task[None]] = set()
        self._lay_files()
        self._lay_foreign(scenario.foreign)

    def _lay_files(self) -> None:
        self.filesystem.append("/etc/hosts.junos", b"10.0.0.4\t\tre0 master\n128.0.0.1\t\tre0 master\n", mode=0o644)
        self.filesystem.append("/var/log/messages", self._boot_messages().encode(), mode=0o644)
        for file in self.scenario.files:
            mode = int(file.mode, 8)
            self.filesystem.append(file.path, file.content.encode(), mode=mode, owner=file.owner)

    def _boot_messages(self) -> str:
        """What a device that booted a while ago has in its log; wording of ordinary daemons."""
        stamp = f"{datetime.fromtimestamp(self.booted, UTC):%b %e %H:%M:%S} {self.name}"
        said = (
            "kernel: the lab's kernel is up",
            "mgd[5012]: UI_COMMIT_COMPLETED: : commit complete",
            "sshd[5120]: Server listening on 0.0.0.0 port 22.",
        )
        return "".join(f"{stamp} {text}\n" for text in said)

    def _lay_foreign(self, foreign: Foreign) -> None:
        if foreign.file is not None:
            one = foreign.file
            self.monitor.set_file(TraceFile(one.name, one.size, one.files, one.match, one.world_readable))
        for given in foreign.filters:
            self.monitor.set_filter(filter_from(given.name, given.criteria))
        if foreign.active:
            self.monitor.start()

    async def start(self) -> None:
        """Let the traffic run."""
        self.datapath.start()

    async def stop(self) -> None:
        """End the traffic, the connections and what still waits."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self.drop_connections()
        await self.datapath.stop()

    def heard(self, caller: Caller, text: str) -> None:
        """Write down a request."""
        self.wire_log.append(WireEntry(self.clock.now(), caller.user, caller.session, caller.channel, text))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """A request is being carried out; it goes on when its connection is gone, and may then come late."""
        self.requests_at_work += 1
        try:
            yield
        finally:
            self.requests_at_work -= 1

    def drop_connections(self, *, reset: bool = False) -> None:
        """End every SSH connection."""
        for connection in list(self.connections.values()):
            connection.drop(reset=reset)
        self.connections.clear()

    def commit(self, user: str, client: str) -> None:
        """Add to the history; the revision follows from it."""
        self.commits += 1
        self.history.appendleft(Commit(self.history[0].number + 1, self.clock.now(), user, client))

    @property
    def revision(self) -> str:
        """The configuration revision of the newest commit (facts: ``re0-1384090137-1``)."""
        newest = self.history[0]
        return f"re0-{int(newest.time)}-{newest.number}"

    def reboot(self) -> None:
        """Lose connections, sessions and monitor state, and be away while it boots."""
        self.up = False
        self.drop_connections()
        self.monitor.reboot()
        self.capture.reboot()
        self.datapath.reboot()
        self._later(self._boot())

    def failover(self) -> None:
        """Move redundancy group 0 to the next node: connections are lost, and the monitor's state with them.

        Synthetic: no source says what a new primary knows of a monitor the old one ran; nothing is the harder case.
        """
        self.roles.append(self.roles.pop(0))
        self.failovers += 1
        self.drop_connections()
        self.monitor.reboot()
        self.capture.reboot()

    def freeze(self, seconds: float | None) -> None:
        """Answer nothing for a span of lab time, or until thawed."""
        self.thawed.clear()
        if seconds is not None:
            self._later(self._thaw(seconds))

    async def _thaw(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.thawed.set()

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _boot(self) -> None:
        await self.clock.sleep(self.persona.boot_seconds)
        self.booted = self.clock.now()
        self.up = True

    def inspect(self) -> dict[str, object]:
        """What the control socket tells; the keys are a contract."""
        return {
            "name": self.name,
            "monitor": {
                "active": self.monitor.active,
                "file": self.monitor.file.name if self.monitor.file else None,
                "filters": list(self.monitor.filters),
            },
            "capture": self.capture.inspect(),
            "sessions_open": len(self.connections),
            "requests_at_work": self.requests_at_work,
            "session_table_size": len(self.datapath.sessions),
            "commits": self.commits,
            "config_operations": self.config_operations,
            "files": _sizes(self.filesystem),
            "peer_files": [_sizes(peer) for peer in self.peers],
            "wire_log": [asdict(entry) for entry in self.wire_log],
            "clock_rate": self.clock.rate,
            "faults": self.faults.described(),
        }


def _sizes(filesystem: Filesystem) -> dict[str, int]:
    """Sizes of the files of ``/var/log``, by name."""
    folder = "/var/log/"
    return {
        path.removeprefix(folder): len(file.data)
        for path, file in sorted(filesystem.files.items())
        if path.startswith(folder)
    }


class OtherNode:
    """Another node of a cluster, as its own address shows it: everything is shared but the disk."""

    def __init__(self, box: Box, filesystem: Filesystem) -> None:
        self.__dict__.update(_box=box, filesystem=filesystem)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._box, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._box, name, value)
