"""A lab device in a process of its own, an inventory for it, and the program against it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
from child import Boundaries, start

from orchestrator.lab import control
from orchestrator.lab.launch import Plan, serve

CELL_SECONDS = 60
CLOCK = 10.0
PLAYBOOK = """
name: fault-cell
steps:
  - session_table: {save: before, source: 10.1.1.10, destination: "192.0.2.80:443"}
  - flow_trace:
      conversation: {source: 10.1.1.10, destination: "192.0.2.80:443"}
      file: {size: 64k, files: 3}
      for: 300ms
      settle: 1s
"""
CAPTURE = """
name: fault-capture
steps:
  - session_table: {save: before, source: 10.1.1.10, destination: "192.0.2.80:443"}
  - packet_capture: {source: 10.1.1.10, destination: "192.0.2.80:443", for: 300ms, settle: 1s}
"""
PLAYBOOKS = {"cell": PLAYBOOK, "capture": CAPTURE}
FOREIGN = {
    "foreign": {"active": False, "file": {"name": "colleague.log"}, "filters": []},
    "files": [{"path": "/var/log/colleague.log", "content": "hers\n"}],
}


class Bench:
    """Lab devices in a process of their own, an inventory for them, and the program against them."""

    def __init__(self, folder: Path, count: int = 1, persona: str = "vsrx-24.4", playbook: str = "cell") -> None:
        self.folder = folder
        target = partial(_serve_lab, folder, count, persona)
        self._lab = multiprocessing.get_context("fork").Process(target=target, daemon=True)
        self._lab.start()
        path = folder / "lab.json"
        while not path.exists() or path.read_text().count("\n") < count:
            time.sleep(0.02)
        devices = [json.loads(line) for line in path.read_text().splitlines()]
        self.controls: dict[str, str] = {one["name"]: one["control"] for one in devices}
        self.name = devices[0]["name"]
        (folder / "hosts.yaml").write_text(json.dumps({one["name"]: _host(one) for one in devices}))
        (folder / "cell.yml").write_text(PLAYBOOKS[playbook])

    def close(self) -> None:
        self._lab.terminate()
        self._lab.join(5)

    def ask(self, do: str, *, device: str = "", **given: Any) -> dict[str, Any]:
        reply = control.ask(self.controls[device or self.name], {"do": do, **given})
        assert reply.pop("ok"), reply
        return reply

    def run(self, words: list[str], state: Path, boundaries: Boundaries | None = None, meanwhile: Any = None) -> int:
        """Run the program; the exit code, negative for a signal, -999 when it had to be killed for taking too long."""
        pid = start(words, state, state / "out.json", boundaries)
        deadline = time.monotonic() + CELL_SECONDS
        while time.monotonic() < deadline:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if meanwhile is not None:
                meanwhile(pid)
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return -999

    def words(self, device: str = "") -> list[str]:
        book = str(self.folder / "cell.yml")
        return ["run", book, "-i", str(self.folder), "-d", device or self.name, "--format", "json"]


def _host(about: dict[str, Any]) -> dict[str, Any]:
    nodes = {name: {"hostname": about["host"], "port": port} for name, port in about["nodes"].items()}
    extras = {"host_keys": [about["host_key"]], "key_file": "key", "agent": False, "reply_seconds": 1,
              "connect_seconds": 3, "nodes": nodes}  # fmt: skip
    return {"hostname": about["host"], "port": about["port"], "username": about["user"],
            "connection_options": {"orchestrator": {"extras": extras}}}  # fmt: skip


def _serve_lab(folder: Path, count: int, persona: str) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = folder / "key"
    path.touch(mode=0o600)
    path.write_bytes(key.export_private_key("openssh"))
    public = key.export_public_key("openssh").decode().strip()
    limits = {"session_limit": 50, "connection_rate_limit": 100000, "boot_seconds": 2.0}
    with (folder / "lab.json").open("w") as out:
        serve(Plan(scenario="default", persona=persona, name="srx", count=count, clock_rate=CLOCK,
                   authorized_keys=(public,), extra=FOREIGN, overrides=limits), out)  # fmt: skip
