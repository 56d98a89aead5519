"""The program as a process, against a lab device."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from orchestrator.lab.launch import LabDevice, Plan, running_lab
from orchestrator.model import tags


@dataclass
class Site:
    """One lab device and what is needed to run the program against it."""

    device: LabDevice
    inventory: Path
    state: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the program, as its own process, from an empty folder."""
        environment = os.environ | {"ORCHESTRATOR_STATE": str(self.state), "NO_COLOR": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *words], text=True, env=environment, cwd=self.state,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run the program to its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=90)
        return process.returncode, out, err

    def playbook(self, *words: str, name: str = "flow-capture") -> tuple[int, dict[str, Any], str]:
        """Run a playbook; the result is its JSON."""
        code, out, err = self.run("run", name, "-i", str(self.inventory), "-d", self.device.name, *words,
                                  "--format", "json")  # fmt: skip
        return code, json.loads(out) if out.strip() else {}, err

    def begin(self, *words: str, name: str = "flow-capture") -> subprocess.Popen[str]:
        """Start a playbook."""
        return self.start("run", name, "-i", str(self.inventory), "-d", self.device.name, *words, "--format", "json")

    def wait_until_armed(self) -> None:
        """Wait until the device's monitor is active."""
        deadline = time.monotonic() + 30
        while not self.device.inspect()["monitor"]["active"]:
            assert time.monotonic() < deadline, "the monitor was never started"
            time.sleep(0.05)

    def sent(self, word: str) -> list[str]:
        """What the device received that holds a word."""
        return [entry["text"] for entry in self.device.inspect()["wire_log"] if word in entry["text"]]

    def assert_clean(self) -> None:
        """Nothing of ours is left on the device, and its configuration was never touched."""
        deadline = time.monotonic() + 5
        while (state := self.device.inspect())["sessions_open"] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert state["sessions_open"] == 0
        assert not state["monitor"]["active"]
        assert [name for name in state["monitor"]["filters"] if tags.read(name)] == []
        assert [name for files in (state["files"], *state["peer_files"]) for name in files if tags.read(name)] == []
        assert (state["commits"], state["config_operations"]) == (0, 0)


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def start_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Starts lab devices with an inventory in that folder, and ends them."""
    with contextlib.ExitStack() as stack:

        def start(**plan: Any) -> Site:
            key = asyncssh.generate_private_key("ssh-ed25519")
            public = key.export_public_key("openssh").decode().strip()
            settings = {"scenario": "default", "name": "srx1", "authorized_keys": (public,)} | plan
            device = stack.enter_context(running_lab(Plan(**settings))).devices[0]
            inventory = tmp_path / "inventory"
            inventory.mkdir()
            path = inventory / "key"
            path.touch(mode=0o600)
            path.write_bytes(key.export_private_key("openssh"))
            nodes = {name: {"hostname": device.host, "port": port} for name, port in device.nodes.items()}
            extras = {"host_keys": [device.host_key], "key_file": "key", "agent": False, "nodes": nodes}
            host = {
                "hostname": device.host, "port": device.port, "username": device.user,
                "connection_options": {"orchestrator": {"extras": extras}},
            }  # fmt: skip
            (inventory / "hosts.yaml").write_text(json.dumps({device.name: host}))  # JSON is YAML
            state = tmp_path / "state"
            state.mkdir()
            return Site(device, inventory, state)

        yield start
