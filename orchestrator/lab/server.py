"""The device's SSH door: who may come in, and what each channel is for."""

from __future__ import annotations

import functools
import hmac
import logging
import socket
import struct
import time
from collections import deque

import asyncssh

from orchestrator.lab import scp
from orchestrator.lab.box import Box, Caller
from orchestrator.lab.cli import shell
from orchestrator.lab.netconf import dialogue
from orchestrator.lab.sftp import EmptySftp

NETCONF_COMMANDS = ("xml-mode netconf need-trailer", "netconf", "xml-mode netconf")
LOG = logging.getLogger(__name__)
RATE_WINDOW_SECONDS = 60.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: the kernel sends RST
# What the lab's clients have in common; hybrids with post-quantum parts cost the lab's two cores too much.
KEY_EXCHANGES = ("curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256")


@functools.cache
def rsa_host_key() -> asyncssh.SSHKey:
    """One RSA key for all devices of this process: making one takes a tenth of a second."""
    return asyncssh.generate_private_key("ssh-rsa", key_size=2048)


class Door(asyncssh.SSHServer):
    """One client's SSH connection."""

    def __init__(self, box: Box, recent: deque[float]) -> None:
        self._box = box
        self._recent = recent
        self._connection: asyncssh.SSHServerConnection | None = None
        self.number = next(box.session_numbers)

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Count the client in, or end the connection before a word when there are too many (synthetic: how)."""
        self._connection = conn
        now = time.monotonic()
        while self._recent and now - self._recent[0] > RATE_WINDOW_SECONDS:
            self._recent.popleft()
        box = self._box
        crowded = len(box.connections) >= box.persona.session_limit
        if not box.up or crowded or len(self._recent) >= box.persona.connection_rate_limit:
            conn.abort()
            return
        self._recent.append(now)
        box.connections[self.number] = self

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        """Count the client out."""
        self._box.connections.pop(self.number, None)
        self._connection = None

    def drop(self, *, reset: bool = False) -> None:
        """End the connection without a word."""
        connection, self._connection = self._connection, None
        self._box.connections.pop(self.number, None)
        if connection is None:
            return
        if reset:
            sock = connection.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.abort()

    def ends(self) -> tuple[str, int, str, int] | None:
        """Addresses and ports, client first; ``None`` when it is gone."""
        if self._connection is None:
            return None
        far, near = (self._connection.get_extra_info(name) for name in ("peername", "sockname"))
        return (far[0], far[1], near[0], near[1]) if far and near else None

    def password_auth_supported(self) -> bool:
        """Passwords are taken."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Whether it is the user's password of this launch."""
        known = self._box.credentials.passwords.get(username)
        return known is not None and hmac.compare_digest(known.encode(), password.encode())

    def public_key_auth_supported(self) -> bool:
        """Keys are taken too."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key is among the user's authorized ones."""
        known = self._box.credentials.authorized_keys.get(username, [])
        return any(asyncssh.import_public_key(line).public_data == key.public_data for line in known)


async def _serve(process: asyncssh.SSHServerProcess[bytes], box: Box) -> None:
    """One channel: a subsystem, a command, or a shell."""
    door = process.get_extra_info("connection").get_owner()
    user = str(process.get_extra_info("username"))
    command, subsystem = process.command, process.subsystem

    def caller(channel: str) -> Caller:
        return Caller(box, user, door.number, channel, door)

    try:
        if subsystem == "netconf" or command in NETCONF_COMMANDS:
            status = await dialogue.serve(caller("netconf"), process)
        elif subsystem is not None:
            status = 1
        elif command is not None and command.split()[:1] == ["scp"]:
            status = await scp.serve(caller("scp"), process, command)
        elif command is not None:
            status = await shell.run_command(caller("exec"), process, command)
        else:
            status = await shell.run_shell(caller("shell"), process)
        process.exit(status)
    except (OSError, asyncssh.Error):
        process.close()
    except Exception:
        LOG.exception("the lab failed on a channel of %s", box.name)
        process.close()


async def listen(box: Box, host: str, port: int, keys: list[asyncssh.SSHKey]) -> asyncssh.SSHAcceptor:
    """Open the door on a port; 0 is any free one."""
    recent: deque[float] = deque()

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _serve(process, box)

    return await asyncssh.listen(
        host,
        port,
        server_factory=lambda: Door(box, recent),
        server_host_keys=keys,
        process_factory=serve,
        sftp_factory=EmptySftp if box.persona.sftp else None,
        encoding=None,
        line_editor=False,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        gss_host=None,
        kbdint_auth=False,
        host_based_auth=False,
        kex_algs=KEY_EXCHANGES,
        compression_algs=["none"],
        server_version="OpenSSH_7.5",
        reuse_address=True,
        backlog=16,
        rekey_bytes=1 << 32,
    )
