"""One SSH connection: our own socket, the host key checked before any secret is offered, then login.

Measured on loopback, against what PyEZ does by itself: without TCP_NODELAY two delayed acknowledgements cost 84 ms of
every login; without TCP_USER_TIMEOUT a vanished device is noticed after a quarter of an hour; a silent listener costs
15 s whatever the timeout says. Errors of paramiko and the socket pass through here untranslated: ``pyez`` translates.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import threading
import time
from pathlib import Path
from typing import Self

import paramiko
from paramiko.pkey import UnknownKeyType

from orchestrator.driver.base import TcpEnds
from orchestrator.driver.hostkeys import KnownKeys
from orchestrator.driver.secrets import password_of
from orchestrator.errors import AuthError, ConnectError
from orchestrator.model.device import Device

KEEPALIVE_SECONDS = 4
DEAD_PEER_MILLISECONDS = 6000  # with the keepalive: a vanished peer is noticed within some ten seconds
WINDOW_BYTES = 2 * 1024 * 1024


def connect(device: Device, port: int) -> paramiko.Transport:
    """Open a connection, check the host key, log in.

    Raises:
        HostKeyError: the host key is unknown or changed.
        AuthError: no credential was accepted.
        ConnectError: the peer does not speak SSH in time.
        OSError, paramiko.SSHException: anything else.
    """
    timeout = device.connect_seconds
    deadline = time.monotonic() + timeout
    sock = _proxied(device, port) if device.proxy_command else _dial(device, port, timeout, deadline)
    transport = paramiko.Transport(sock, default_window_size=WINDOW_BYTES)
    try:
        known = KnownKeys(device, port)
        options = transport.get_security_options()
        options.key_types = known.preferred_algorithms(options.key_types)
        transport.banner_timeout = max(1.0, deadline - time.monotonic())
        transport.start_client(timeout=max(1.0, deadline - time.monotonic()))
        known.check(transport.get_remote_server_key())
        transport.auth_timeout = timeout
        _log_in(transport, device)
        transport.set_keepalive(KEEPALIVE_SECONDS)
    except BaseException:
        transport.close()
        raise
    return transport


def _dial(device: Device, port: int, timeout: float, deadline: float) -> socket.socket:
    sock = socket.create_connection((device.host, port), timeout)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MILLISECONDS)
        # Wait for the banner ourselves: the library's own wait does not look at the clock.
        readable, _, _ = select.select([sock], [], [], max(0.1, deadline - time.monotonic()))
        if not readable:
            raise ConnectError(
                f"{device.host} port {port} accepts connections but says nothing within {timeout:g} s",
                device=device.name,
                hint="is that port SSH? does the device have a free session and CPU time?",
            )
        if not sock.recv(1, socket.MSG_PEEK):
            raise ConnectError(
                f"{device.host} port {port} closed the connection at once",
                device=device.name,
                hint="the device's connection limit or rate limit for SSH or NETCONF may be reached",
            )
    except BaseException:
        sock.close()
        raise
    return sock


def ends_of(transport: paramiko.Transport) -> TcpEnds | None:
    """Both ends of a connection, ``None`` when a proxy command made it or it is gone."""
    sock = transport.sock
    if not isinstance(sock, socket.socket):
        return None
    try:
        near, far = sock.getsockname(), sock.getpeername()
    except OSError:
        return None
    return TcpEnds(near[0], near[1], far[0], far[1])


def _proxied(device: Device, port: int) -> paramiko.ProxyCommand:
    command = device.proxy_command.replace("%h", device.host).replace("%p", str(port))
    return paramiko.ProxyCommand(command)


def _log_in(transport: paramiko.Transport, device: Device) -> None:
    credentials = device.credentials
    refusals: list[str] = []
    for how, key in _keys(device):
        try:
            transport.auth_publickey(credentials.user, key)
        except paramiko.AuthenticationException:
            refusals.append(how)
        else:
            return
    password = password_of(device)
    if password is not None:
        try:
            transport.auth_password(credentials.user, password)
        except paramiko.AuthenticationException:
            refusals.append("password")
        else:
            return
    raise AuthError(
        f"{device.host} did not let {credentials.user} in "
        + (f"(tried: {', '.join(refusals)})" if refusals else "(there was no key, agent or password to offer)"),
        device=device.name,
        hint="name a key_file, load the key into ssh-agent, or set password_env in the inventory",
    )


def _keys(device: Device) -> list[tuple[str, paramiko.PKey]]:
    keys: list[tuple[str, paramiko.PKey]] = []
    path = device.credentials.key_file
    if path is not None:
        keys.append((f"key {path}", _load_key(device, path)))
    if device.credentials.agent and os.environ.get("SSH_AUTH_SOCK"):
        agent = paramiko.Agent()
        keys += [("agent key", key) for key in agent.get_keys()]
    return keys


def _load_key(device: Device, path: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(str(path))
    except (OSError, TypeError, ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise AuthError(
            f"the key file {path} cannot be used: {error}",
            device=device.name,
            hint="an encrypted key must be loaded into ssh-agent first",
        ) from error


class Watchdog:
    """Ends a connection on which nothing has moved for too long, or that is still busy at a time given.

    paramiko waits for the answer to a channel request without end, and so would whoever called it.
    """

    def __init__(self, transport: paramiko.Transport, idle_seconds: float, until: float = math.inf) -> None:
        self._transport = transport
        self._until = until
        self._idle_seconds = idle_seconds
        self._moved = time.monotonic()
        self._over = threading.Event()
        self._bit = False
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def touch(self, *_: object) -> None:
        """Say that something moved."""
        self._moved = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._over.set()
        if self._bit:
            raise TimeoutError("nothing moved on the connection") from error

    def _ends(self) -> float:
        return min(self._moved + self._idle_seconds, self._until)

    def _watch(self) -> None:
        while not self._over.wait(max(0.05, self._ends() - time.monotonic())):
            if time.monotonic() >= self._ends():
                self._bit = True
                self._transport.close()
                return


def run(transport: paramiko.Transport, line: str, *, timeout: float, until: float = math.inf) -> str:
    """Run one line on an exec channel and return its output, standard error included.

    Raises:
        TimeoutError: nothing came for that long.
    """
    with (
        Watchdog(transport, timeout, until) as dog,
        contextlib.closing(transport.open_session(timeout=timeout)) as channel,
    ):
        channel.set_combine_stderr(True)
        channel.exec_command(line)
        chunks = []
        while chunk := channel.recv(1 << 16):
            chunks.append(chunk)
            dog.touch()
        return b"".join(chunks).decode("utf-8", "replace")
