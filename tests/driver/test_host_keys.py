"""Meeting a device: its host key first, then a secret; and a different error for everything that can go wrong."""

from __future__ import annotations

import base64
import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import paramiko
import pytest

from orchestrator.driver import ssh
from orchestrator.driver.base import Rpc
from orchestrator.driver.hostkeys import KnownKeys, fingerprint
from orchestrator.errors import AuthError, ConnectError, HostKeyError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.device import Credentials, Device

STATUS = Rpc("get-flow-status-all")


@pytest.fixture
def another_key(tmp_path: Path) -> str:
    """A public key that no device has."""
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode().strip()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening TCP socket that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


class Stranger(paramiko.ServerInterface):
    """An SSH server that notes every attempt to log in."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def get_allowed_auths(self, username: str) -> str:
        self.attempts.append("none")
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        self.attempts.append(password)
        return paramiko.AUTH_SUCCESSFUL

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.attempts.append(key.get_base64())
        return paramiko.AUTH_SUCCESSFUL


# -- the key --------------------------------------------------------------------------------------------------------


def test_an_unknown_host_key_says_its_fingerprint_and_the_cure(lab: LabDevice, driver: Callable) -> None:
    with pytest.raises(HostKeyError) as caught:
        driver(lab, host_keys=()).rpc(STATUS)
    shown = paramiko.PKey.from_type_string(*_parts(lab.host_key))
    assert fingerprint(shown) in caught.value.message
    assert f"ssh-keyscan -p {lab.port}" in caught.value.hint
    assert "not known" in caught.value.message


def _parts(line: str) -> tuple[str, bytes]:
    kind, blob = line.split()[:2]
    return kind, base64.b64decode(blob)


def test_a_changed_host_key_is_another_error(lab: LabDevice, driver: Callable, another_key: str) -> None:
    with pytest.raises(HostKeyError, match="CHANGED") as caught:
        driver(lab, host_keys=(another_key,)).rpc(STATUS)
    assert caught.value.hint != ""
    assert lab.inspect()["wire_log"] == []


def test_no_secret_is_offered_to_a_stranger(
    client_key: Path, another_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    stranger = Stranger()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            transport = paramiko.Transport(server.accept()[0])
            transport.add_server_key(paramiko.RSAKey.generate(2048))
            transport.start_server(event=threading.Event(), server=stranger)
            transport.join(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        credentials = Credentials(user="lab", key_file=client_key, agent=False, password_env="SECRET", prompt=False)
        port = server.getsockname()[1]
        device = Device(name="x", host="127.0.0.1", port=port, credentials=credentials, host_keys=(another_key,))
        with pytest.raises(HostKeyError):
            ssh.connect(device, port)
        thread.join(5)
    assert stranger.attempts == []


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_both_kinds_of_host_key_are_recognised(
    kind: str, start_lab: Callable, driver: Callable, tmp_path: Path
) -> None:
    [device] = start_lab(overrides={"host_keys": (kind,)})
    assert device.host_key.split()[0] == ("ssh-rsa" if kind == "rsa" else "ssh-ed25519")
    known = tmp_path / "known_hosts"
    known.write_text(f"[{device.host}]:{device.port} {device.host_key}\n")
    assert not driver(device).rpc(STATUS).is_empty
    assert not driver(device, host_keys=(), known_hosts=(tmp_path / "absent", known)).rpc(STATUS).is_empty


def test_the_key_we_know_is_the_one_that_is_negotiated(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(overrides={"host_keys": ("rsa", "ed25519")})
    session = driver(device)
    session.rpc(STATUS)
    assert session._session._transport.get_remote_server_key().get_name() == "ssh-rsa"


def test_known_hosts_are_looked_up_with_their_port(lab: LabDevice, as_device: Callable, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    name = f"[{lab.host}]:{lab.port}"
    blob = lab.host_key.split()[1]
    device = as_device(lab, host_keys=(), known_hosts=(known,))
    for line, found in (
        (f"{name} {lab.host_key}", True),
        (f"other,{name} {lab.host_key}", True),
        (f"{paramiko.HostKeys.hash_host(name)} {lab.host_key}", True),
        (f"{lab.host} {lab.host_key}", False),
        (f"[{lab.host}]:1 {lab.host_key}", False),
    ):
        known.write_text(line + "\n")
        assert (blob in KnownKeys(device, lab.port)._blobs) is found, line
    known.write_text(f"{lab.host} {lab.host_key}\n")
    assert blob in KnownKeys(device, 22)._blobs


# -- what else goes wrong -------------------------------------------------------------------------------------------


def test_a_refused_connection_is_a_connect_error_and_not_a_host_key_error(lab: LabDevice, driver: Callable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectError, match="refused") as caught:
        driver(lab, port=port).rpc(STATUS)
    assert type(caught.value) is ConnectError
    assert "NETCONF" in caught.value.hint


def test_a_silent_listener_is_noticed_in_time(listener: socket.socket, lab: LabDevice, as_device: Callable) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(ConnectError, match=r"says nothing within 0\.5 s") as caught:
        ssh.connect(as_device(lab, port=port, connect_seconds=0.5), port)
    assert "is that port SSH?" in caught.value.hint


def test_a_device_without_a_free_session_is_told_apart(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(overrides={"session_limit": 1})
    driver(device).rpc(STATUS)
    with pytest.raises(ConnectError, match="closed the connection at once") as caught:
        driver(device).rpc(STATUS)
    assert "limit" in caught.value.hint


def test_a_peer_that_is_no_ssh_server_is_a_connect_error(
    listener: socket.socket, lab: LabDevice, driver: Callable
) -> None:
    def serve() -> None:
        for _ in range(3):
            with listener.accept()[0] as peer:
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(ConnectError):
        driver(lab, port=listener.getsockname()[1]).rpc(STATUS)


def test_an_unknown_name_and_an_unreachable_network_are_connect_errors(lab: LabDevice, driver: Callable) -> None:
    for host in ("no-such-device.invalid", "255.255.255.255"):
        with pytest.raises(ConnectError) as caught:
            driver(lab, host=host).rpc(STATUS)
        assert type(caught.value) is ConnectError


def test_a_key_that_is_not_accepted_is_an_auth_error_and_asked_once(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(authorized_keys=())
    with pytest.raises(AuthError, match="did not let lab in") as caught:
        driver(device).rpc(STATUS)
    assert "key" in caught.value.message
    assert caught.value.hint
    assert device.inspect()["wire_log"] == []


def test_nothing_to_offer_says_so(lab: LabDevice, driver: Callable) -> None:
    credentials = Credentials(user=lab.user, agent=False, prompt=False)
    with pytest.raises(AuthError, match="no key, agent or password to offer"):
        driver(lab, credentials=credentials).rpc(STATUS)


def test_a_key_file_that_cannot_be_read_says_why(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_text("not a key")
    sealed = tmp_path / "sealed"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(sealed, passphrase="x")
    for path in (tmp_path / "absent", tmp_path / "garbage", sealed):
        credentials = Credentials(user=lab.user, key_file=path, agent=False, prompt=False)
        with pytest.raises(AuthError, match="cannot be used") as caught:
            driver(lab, credentials=credentials).rpc(STATUS)
        assert str(path) in caught.value.message
        assert "ssh-agent" in caught.value.hint


# -- passwords and agents -------------------------------------------------------------------------------------------


def test_the_password_comes_from_the_environment(
    lab: LabDevice, driver: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Credentials(user=lab.user, agent=False, password_env="SRX_PASSWORD", prompt=False)
    monkeypatch.delenv("SRX_PASSWORD", raising=False)
    with pytest.raises(AuthError, match="SRX_PASSWORD is not set"):
        driver(lab, credentials=credentials).rpc(STATUS)
    monkeypatch.setenv("SRX_PASSWORD", "wrong")
    with pytest.raises(AuthError, match="tried: password") as caught:
        driver(lab, credentials=credentials).rpc(STATUS)
    assert "wrong" not in str(caught.value)
    monkeypatch.setenv("SRX_PASSWORD", lab.password)
    assert not driver(lab, credentials=credentials).rpc(STATUS).is_empty


def test_the_password_comes_from_a_command(lab: LabDevice, driver: Callable) -> None:
    credentials = Credentials(
        user=lab.user, agent=False, password_command=(sys.executable, "-c", f"print({lab.password!r})"), prompt=False
    )
    assert not driver(lab, credentials=credentials).rpc(STATUS).is_empty
    broken = dataclasses.replace(
        credentials, password_command=(sys.executable, "-c", "import sys; sys.exit('hunter2')")
    )
    with pytest.raises(AuthError, match="failed") as caught:
        driver(lab, credentials=broken).rpc(STATUS)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="no ssh-agent on this machine")
def test_a_key_of_the_agent_is_used(
    lab: LabDevice, driver: Callable, client_key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", address], stdout=subprocess.DEVNULL) as agent:
        try:
            environment = os.environ | {"SSH_AUTH_SOCK": str(address)}
            subprocess.run(["timeout", "5", "sh", "-c", f"until [ -S {address} ]; do sleep 0.02; done"], check=True)
            subprocess.run(["ssh-add", "-q", client_key], env=environment, check=True, stderr=subprocess.DEVNULL)
            credentials = Credentials(user=lab.user, agent=True, prompt=False)
            monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
            with pytest.raises(AuthError):
                driver(lab, credentials=credentials).rpc(STATUS)
            monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
            session = driver(lab, credentials=credentials)
            assert not session.rpc(STATUS).is_empty
            session.close()
        finally:
            agent.terminate()


def test_a_connection_can_go_through_a_proxy_command(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    relay = tmp_path / "relay.py"
    relay.write_text(
        "import socket, sys, threading, os\n"
        "peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def home():\n"
        "    while data := peer.recv(65536): os.write(1, data)\n"
        "    os._exit(0)\n"
        "threading.Thread(target=home, daemon=True).start()\n"
        "while data := os.read(0, 65536): peer.sendall(data)\n"
    )
    command = f"{sys.executable} {relay} %h %p"
    assert not driver(lab, proxy_command=command).rpc(STATUS).is_empty
