"""A running lab, and a raw NETCONF client that shares no code with it."""

from __future__ import annotations

import base64
import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from orchestrator.lab.launch import LabDevice, Plan, running_lab

END = b"]]>]]>"
HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"
)


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


def connect(device: LabDevice, user: str = "") -> paramiko.SSHClient:
    """An SSH connection that checks the host key of the launch."""
    client = paramiko.SSHClient()
    kind, blob = device.host_key.split()[:2]
    key = paramiko.Ed25519Key(data=base64.b64decode(blob))
    client.get_host_keys().add(f"[{device.host}]:{device.port}", kind, key)
    client.connect(
        device.host,
        device.port,
        user or device.user,
        device.password,
        allow_agent=False,
        look_for_keys=False,
        timeout=10,
    )
    return client


class RawNetconf:
    """Bytes out, bytes in, framing 1.0."""

    def __init__(self, device: LabDevice, user: str = "", start: str = "subsystem") -> None:
        self._client = connect(device, user)
        self.channel = self._client.get_transport().open_session(timeout=10)
        self.channel.settimeout(10)
        if start == "subsystem":
            self.channel.invoke_subsystem("netconf")
        else:
            self.channel.exec_command(start)
        self.waiting = b""
        self.greeting = self.receive()
        self.channel.sendall(HELLO.encode())

    def receive(self) -> bytes:
        while END not in self.waiting:
            data = self.channel.recv(65536)
            if not data:
                raise EOFError(self.waiting)
            self.waiting += data
        message, _, self.waiting = self.waiting.partition(END)
        return message.lstrip(b"\n")

    def ask(self, operation: str, attributes: str = 'message-id="1"') -> str:
        self.channel.sendall(f"<rpc {attributes}>{operation}</rpc>]]>]]>".encode())
        return self.receive().decode()

    def close(self) -> None:
        self._client.close()


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
