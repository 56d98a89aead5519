"""Starting a lab: in an event loop, in a thread for tests and for one run, or in the foreground for people."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, cast

import asyncssh

from orchestrator.errors import ScenarioError
from orchestrator.lab import control, persona, scenario, scenario_file
from orchestrator.lab.box import Box, Credentials, OtherNode
from orchestrator.lab.clock import Clock
from orchestrator.lab.server import listen, rsa_host_key

HOST = "127.0.0.1"
START_SECONDS = 60.0
QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to start: ``count`` devices named ``NAME1``, ``NAME2``..., or one named ``NAME``.

    ``port`` is the first device's, the others follow; 0 gives each a free one. ``authorized_keys``: public keys in
    OpenSSH's form that every account takes. ``overrides`` replace fields of the persona, ``extra`` fields of the
    scenario.
    """

    persona: str = persona.DEFAULT
    scenario: str | Path = QUIET
    count: int = 1
    name: str = "srx"
    port: int = 0
    clock_rate: float = 1.0
    authorized_keys: tuple[str, ...] = ()
    overrides: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def names(self) -> list[str]:
        """The devices' names."""
        return [self.name] if self.count == 1 else [f"{self.name}{number}" for number in range(1, self.count + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabDevice:
    """How to reach one device. ``host_key`` is a public key line, ``control`` the path of the control socket.

    ``nodes`` are the ports of a cluster's other nodes, by name; the device itself is node0.
    """

    name: str
    host: str
    port: int
    user: str
    password: str
    host_key: str
    control: str
    users: tuple[str, ...] = ()
    nodes: dict[str, int] = field(default_factory=dict)

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        """Use the control socket; an error there is an error here."""
        reply = control.ask(self.control, {"do": do, **arguments})
        if not reply.pop("ok"):
            raise ValueError(reply["error"])
        return reply

    def inspect(self) -> dict[str, Any]:
        """The device's state and what was done to it."""
        return self.ask("inspect")


class Lab:
    """Devices on 127.0.0.1 as long as the context lasts."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.boxes: list[Box] = []
        self.devices: list[LabDevice] = []
        self._closing = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        plan = self._plan
        played = persona.load(plan.persona)
        if plan.overrides:
            played = persona.Persona.model_validate(played.model_dump() | plan.overrides)
        scene = scenario_file.load(plan.scenario)
        if plan.extra:
            scene = scenario.Scenario.model_validate(scene.model_dump(by_alias=True) | plan.extra)
        password = secrets.token_urlsafe(12)
        try:
            folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="srxlab-")))
            for name in plan.names():
                await self._start(name, played, scene, password, folder)
        except BaseException:
            await self._closing.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    async def _start(
        self, name: str, played: persona.Persona, scene: scenario.Scenario, password: str, folder: Path
    ) -> None:
        users = [account.name for account in played.accounts]
        keys = list(self._plan.authorized_keys)
        credentials = Credentials(dict.fromkeys(users, password), dict.fromkeys(users, keys))
        box = Box(name, played, scene, Clock(self._plan.clock_rate), credentials)
        host_keys = [_host_key(kind) for kind in played.host_keys]
        port = self._plan.port + len(self.boxes) if self._plan.port else 0
        try:
            acceptor = await listen(box, HOST, port, host_keys)
        except OSError as error:
            raise ScenarioError(
                f"port {port} cannot be used: {error.strerror}", hint="--port 0 takes any free one"
            ) from error
        self._closing.callback(acceptor.close)
        self._closing.push_async_callback(box.stop)
        await box.start()
        nodes = {}
        for number, disk in enumerate(box.peers, 1):
            other = await listen(cast("Box", OtherNode(box, disk)), HOST, 0, host_keys)
            self._closing.callback(other.close)
            nodes[f"node{number}"] = other.get_port()
        address = {"name": name, "host": HOST, "port": acceptor.get_port(), "user": users[0], "nodes": nodes,
                   "host_key": host_keys[0].export_public_key("openssh").decode().strip()}  # fmt: skip
        door = control.Control(box, folder / f"{name}.sock", address)
        await door.start()
        self._closing.push_async_callback(door.stop)
        self.boxes.append(box)
        self.devices.append(
            LabDevice(
                name=name,
                host=HOST,
                port=acceptor.get_port(),
                user=users[0],
                password=password,
                host_key=host_keys[0].export_public_key("openssh").decode().strip(),
                control=str(door.path),
                users=tuple(users),
                nodes=nodes,
            )
        )


def _host_key(kind: str) -> asyncssh.SSHKey:
    return rsa_host_key() if kind == "rsa" else asyncssh.generate_private_key("ssh-ed25519")


class LabThread:
    """A lab with an event loop in a thread of its own, for callers that have none."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="lab", daemon=True)
        self.devices: list[LabDevice] = []

    def start(self) -> None:
        """Start, and wait until every device listens.

        Raises:
            ScenarioError: the persona or the scenario is not valid.
        """
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("the lab did not start")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop, and wait for the thread."""
        if self._loop is not None and self._leave is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits in start()
            self._failure = error
            self._ready.set()

    async def _live(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        async with Lab(self._plan) as lab:
            self.devices = lab.devices
            self._ready.set()
            await self._leave.wait()


@contextlib.contextmanager
def running_lab(plan: Plan | None = None) -> Iterator[LabThread]:
    """A lab for the length of a ``with`` block."""
    lab = LabThread(plan or Plan())
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()


def serve(plan: Plan, out: TextIO = sys.stdout, *, describe: Callable[[LabDevice], str] | None = None) -> None:
    """Run a lab in the foreground until SIGINT or SIGTERM; one line a device on ``out`` once all listen.

    ``describe`` makes that line; without it, it is a JSON object.
    """
    asyncio.run(_serve(plan, out, describe or (lambda device: json.dumps(asdict(device)))))


async def _serve(plan: Plan, out: TextIO, describe: Callable[[LabDevice], str]) -> None:
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leave.set)
    async with Lab(plan) as lab:
        for device in lab.devices:
            print(describe(device), file=out, flush=True)
        await leave.wait()
