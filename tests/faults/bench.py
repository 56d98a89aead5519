"""A lab device in a process of its own, an inventory for it, and the program against it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
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
FOREIGN = {
    "foreign": {"active": False, "file": {"name": "colleague.log"}, "filters": []},
    "files": [{"path": "/var/log/colleague.log", "content": "hers\n"}],
}


class Bench:
    """A lab device in a process of its own, an inventory for it, and the program against it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lab = multiprocessing.get_context("fork").Process(target=_serve_lab, args=(folder,), daemon=True)
        self._lab.start()
        path = folder / "lab.json"
        while not path.exists() or not path.read_text().endswith("\n"):
            time.sleep(0.02)
        about = json.loads(path.read_text())
        self.control, self.name = about["control"], about["name"]
        extras = {"host_keys": [about["host_key"]], "key_file": "key", "agent": False, "reply_seconds": 1,
                  "connect_seconds": 3}  # fmt: skip
        host = {"hostname": about["host"], "port": about["port"], "username": about["user"],
                "connection_options": {"orchestrator": {"extras": extras}}}  # fmt: skip
        (folder / "hosts.yaml").write_text(json.dumps({self.name: host}))
        (folder / "cell.yml").write_text(PLAYBOOK)

    def close(self) -> None:
        self._lab.terminate()
        self._lab.join(5)

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        reply = control.ask(self.control, {"do": do, **given})
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

    def words(self) -> list[str]:
        return ["run", str(self.folder / "cell.yml"), "-i", str(self.folder), "-d", self.name, "--format", "json"]


def _serve_lab(folder: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = folder / "key"
    path.touch(mode=0o600)
    path.write_bytes(key.export_private_key("openssh"))
    public = key.export_public_key("openssh").decode().strip()
    limits = {"session_limit": 50, "connection_rate_limit": 100000, "boot_seconds": 2.0}
    with (folder / "lab.json").open("w") as out:
        serve(Plan(scenario="default", name="srx1", clock_rate=CLOCK, authorized_keys=(public,), extra=FOREIGN,
                   overrides=limits), out)  # fmt: skip
