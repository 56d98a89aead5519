"""Running labs, and programs to meet them with."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from raw_netconf import RawNetconf

from orchestrator.lab.launch import LabDevice, Plan, running_lab


@pytest.fixture
def launch() -> Iterator[Callable[..., LabDevice]]:
    """Starts labs; each call returns the first device of a new one."""
    with contextlib.ExitStack() as stack:

        def start(**plan: object) -> LabDevice:
            return stack.enter_context(running_lab(Plan(**plan))).devices[0]

        yield start


@pytest.fixture
def device(launch: Callable[..., LabDevice]) -> LabDevice:
    """A quiet vSRX 24.4."""
    return launch()


@pytest.fixture
def netconf() -> Iterator[Callable[..., RawNetconf]]:
    """Opens raw NETCONF sessions and closes them at the end."""
    with contextlib.ExitStack() as stack:

        def open_session(device: LabDevice, user: str = "", start: str = "subsystem") -> RawNetconf:
            session = RawNetconf(device, user, start)
            stack.callback(session.close)
            return session

        yield open_session


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client's ed25519 key."""
    path = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture
def openssh(key: Path, tmp_path: Path, launch: Callable[..., LabDevice]) -> Callable[..., subprocess.CompletedProcess]:
    """Runs OpenSSH programs against a device of its own, with its host key pinned."""

    def run(
        device: LabDevice, program: str, *arguments: str, stdin: bytes = b"", user: str = ""
    ) -> subprocess.CompletedProcess:
        known = tmp_path / "known_hosts"
        known.write_text(f"[{device.host}]:{device.port} {device.host_key}\n")
        options = {
            "UserKnownHostsFile": known,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "IdentityFile": key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "Port": device.port,
            "User": user or device.user,
        }
        words = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        command = [program, "-F", "/dev/null", *words, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=False)

    return run


@pytest.fixture
def keyed(launch: Callable[..., LabDevice], key: Path) -> LabDevice:
    """A device that takes the client's key."""
    return launch(authorized_keys=(key.with_suffix(".pub").read_text(),), scenario="default")
