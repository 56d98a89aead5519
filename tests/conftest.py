"""Emulated devices, and drivers that log in to them with a key."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from hypothesis import settings

from orchestrator.driver.pyez import PyezDriver
from orchestrator.lab.launch import LabDevice, Plan, running_lab
from orchestrator.model.device import Credentials, Device

DRAIN_SECONDS = 2.0

# The same examples each time, unless somebody goes exploring. Machines are too noisy for deadlines.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The product's state directory: a new one for every test."""
    path = tmp_path / "state"
    monkeypatch.setenv("ORCHESTRATOR_STATE", str(path))
    return path


@pytest.fixture(scope="session")
def client_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key that every device of ``start_lab`` takes."""
    path = tmp_path_factory.mktemp("client") / "id_ed25519"
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path)
    key.write_public_key(path.with_suffix(".pub"))
    path.chmod(0o600)
    return path


@pytest.fixture
def start_lab(client_key: Path) -> Iterator[Callable[..., list[LabDevice]]]:
    """Starts labs that end with the test; arguments are those of ``Plan``."""
    with contextlib.ExitStack() as stack:

        def start(**plan: Any) -> list[LabDevice]:
            plan.setdefault("authorized_keys", (client_key.with_suffix(".pub").read_text(),))
            return stack.enter_context(running_lab(Plan(**plan))).devices

        yield start


@pytest.fixture
def lab(start_lab: Callable[..., list[LabDevice]]) -> LabDevice:
    """One quiet vSRX 24.4."""
    return start_lab()[0]


@pytest.fixture
def as_device(client_key: Path) -> Callable[..., Device]:
    """The inventory's view of a lab device: its host key pinned, our key file, no password."""

    def build(device: LabDevice, *, user: str = "", **changes: Any) -> Device:
        credentials = Credentials(user=user or device.user, key_file=client_key, agent=False, prompt=False)
        fields: dict[str, Any] = {
            "name": device.name,
            "host": device.host,
            "port": device.port,
            "host_keys": (device.host_key,),
            "credentials": credentials,
        }
        return Device(**(fields | changes))

    return build


@pytest.fixture
def driver(as_device: Callable[..., Device]) -> Iterator[Callable[..., PyezDriver]]:
    """Drivers of lab devices, or of inventory devices; they are closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def build(device: LabDevice | Device, **how: Any) -> PyezDriver:
            known = device if isinstance(device, Device) else as_device(device, **how)
            return stack.enter_context(PyezDriver(known))

        yield build


@pytest.fixture
def clean() -> Callable[[LabDevice], None]:
    """Asserts that a device is as we found it: nothing of ours, no commit, no session."""

    def check(device: LabDevice) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while (seen := device.inspect())["sessions_open"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not seen["monitor"]["active"]
        assert not [name for name in seen["monitor"]["filters"] if name.startswith("orc-")]
        assert not [name for name in seen["files"] if name.startswith("orc-")]
        assert (seen["commits"], seen["config_operations"], seen["sessions_open"]) == (0, 0, 0)

    return check
