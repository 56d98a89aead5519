"""A device's back door for tests and for people: one JSON object a line, over a UNIX socket.

``{"do": "inspect"}``, ``{"do": "fault", "fault": {...}}``, ``{"do": "clear-faults"}``, ``{"do": "freeze"}``,
``{"do": "thaw"}``, ``{"do": "reboot"}``, ``{"do": "failover"}``, ``{"do": "roles", "roles": ["hold", "secondary"]}``,
``{"do": "change", "fault": {"kind": "disk-full"}}``,
``{"do": "foreign", "filter": NAME, "criteria": {...}}``, ``{"do": "write", "path": PATH, "text": TEXT}``,
``{"do": "drop", "reset": false}``, ``{"do": "traffic", "packets": [{...}]}``,
``{"do": "commit", "user": NAME}`` (somebody else's),
``{"do": "file-setting", "name": NAME}`` (somebody else's),
``{"do": "colleague", "verb": "start" or "stop" or "clear"}``,
``{"do": "capture", "verb": "start" or "stop", "name": NAME}`` (somebody else's packet capture),
``{"do": "es-pic", "verb": "fail" or "repair", "interface": NAME}``,
``{"do": "authorize", "key": "ssh-ed25519 AAAA..."}`` (every account takes the key; the answer says how to reach the
device).
Each is answered by ``{"ok": true, ...}`` or ``{"ok": false, "error": TEXT}``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import asyncssh
from pydantic import TypeAdapter

from orchestrator.errors import OrchestratorError
from orchestrator.lab.box import Box
from orchestrator.lab.datapath.packet import Packet
from orchestrator.lab.exchange import change_state
from orchestrator.lab.faults import STATE_KINDS, Fault
from orchestrator.lab.filesystem import DiskFullError
from orchestrator.lab.monitor import TraceFile
from orchestrator.lab.operations.answer import Refusal
from orchestrator.lab.operations.flow_monitor import filter_from
from orchestrator.lab.packet_capture import COUNTS, Setting

LINE_LIMIT_BYTES = 1 << 28  # a wire log of 100,000 requests on one line
Request = Mapping[str, Any]
PACKET = TypeAdapter(Packet)


def _fault(box: Box, request: Request) -> None:
    if request["fault"].get("kind") == "failover":
        _needs_cluster(box)
    box.faults.add(dict(request["fault"]))


def _needs_cluster(box: Box) -> None:
    if box.persona.nodes == 1:
        raise ValueError("this device is no cluster: nothing can fail over")


def _roles(box: Box, request: Request) -> None:
    _needs_cluster(box)
    box.roles = [str(role) for role in request["roles"]]


def _failover(box: Box, _request: Request) -> None:
    _needs_cluster(box)
    box.failover()


def _change(box: Box, request: Request) -> None:
    fault = Fault.model_validate(request["fault"])
    if fault.kind not in STATE_KINDS:
        raise ValueError(f"{fault.kind} is no state of the device")
    change_state(box, fault)


def _foreign(box: Box, request: Request) -> None:
    box.monitor.set_filter(filter_from(str(request["filter"]), request.get("criteria", {})))


def _write(box: Box, request: Request) -> None:
    mode = int(str(request.get("mode", "640")), 8)
    box.filesystem.append(str(request["path"]), str(request["text"]).encode(), mode=mode)


def _traffic(box: Box, request: Request) -> None:
    for packet in request["packets"]:
        box.datapath.process(PACKET.validate_python({"time": box.clock.now()} | dict(packet)))


def _colleague(box: Box, request: Request) -> None:
    """Somebody else types a monitor command."""
    verbs: dict[str, Callable[[], object]] = {
        "start": box.monitor.start,
        "stop": box.monitor.stop,
        "clear": lambda: box.monitor.clear(None),
    }
    verbs[request["verb"]]()


def _capture(box: Box, request: Request) -> None:
    """Somebody else starts a packet capture, or stops whoever's runs."""
    if request["verb"] == "start":
        box.capture.start(Setting(name=str(request["name"]), count=COUNTS[1], size_bytes=1 << 30))
    else:
        box.capture.stop()


def _es_pic(box: Box, request: Request) -> None:
    """An encryption interface fails, or is well again."""
    verbs = {"fail": box.encryption.fail, "repair": box.encryption.repair}
    verbs[request["verb"]](str(request["interface"]))


def _authorize(box: Box, request: Request) -> None:
    line = asyncssh.import_public_key(str(request["key"])).export_public_key("openssh").decode().strip()
    for user in box.users:
        box.credentials.authorized_keys.setdefault(user, []).append(line)


ACTIONS: dict[str, Callable[[Box, Request], object]] = {
    "fault": _fault,
    "change": _change,
    "foreign": _foreign,
    "write": _write,
    "traffic": _traffic,
    "authorize": _authorize,
    "es-pic": _es_pic,
    "commit": lambda box, request: box.commit(str(request["user"]), "cli"),
    "file-setting": lambda box, request: box.monitor.set_file(TraceFile(str(request["name"]))),
    "colleague": _colleague,
    "capture": _capture,
    "clear-faults": lambda box, _: box.faults.clear(),
    "freeze": lambda box, request: box.freeze(request.get("seconds")),
    "thaw": lambda box, _: box.thawed.set(),
    "failover": _failover,
    "roles": _roles,
    "reboot": lambda box, _: box.reboot(),
    "drop": lambda box, request: box.drop_connections(reset=bool(request.get("reset"))),
}


def answer(box: Box, line: bytes, address: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out one request; ``address`` is how clients reach the device."""
    try:
        request = json.loads(line)
        if request["do"] == "inspect":
            return {"ok": True, **box.inspect()}
        ACTIONS[request["do"]](box, request)
        if request["do"] == "authorize":
            return {"ok": True, **address}
    except (ValueError, TypeError, KeyError, DiskFullError, Refusal, OrchestratorError, asyncssh.Error) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"ok": True}


class Control:
    """The socket of one device."""

    def __init__(self, box: Box, path: Path, address: Mapping[str, Any]) -> None:
        self._box = box
        self._address = address
        self.path = path
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; only the user who started the lab may connect."""
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=LINE_LIMIT_BYTES)
        self.path.chmod(0o600)

    async def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                writer.write(json.dumps(answer(self._box, line, self._address)).encode() + b"\n")
                await writer.drain()
        writer.close()


def ask(path: str | Path, request: Request, timeout_seconds: float = 10.0) -> dict[str, Any]:
    """Send one request to a running lab and wait for its answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_seconds)
        connection.connect(str(path))
        connection.sendall(json.dumps(dict(request)).encode() + b"\n")
        with connection.makefile("rb") as stream:
            reply: dict[str, Any] = json.loads(stream.readline(LINE_LIMIT_BYTES))
    return reply
