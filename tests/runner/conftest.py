"""A running lab, and an inventory that points at it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from place import Site

from orchestrator.lab.launch import Plan, running_lab


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Starts a lab device and writes the inventory for it."""
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
