"""A device as the inventory knows it: how to reach it and how to prove who we are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

NETCONF_PORT = 830
SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Where the secret comes from, never the secret itself.

    Tried in this order: ``key_file``, the agent, then a password from the environment variable ``password_env``, from
    the standard output of ``password_command``, or asked for on the terminal.
    """

    user: str
    key_file: Path | None = None
    agent: bool = True
    password_env: str = ""
    password_command: tuple[str, ...] = ()
    prompt: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of the inventory.

    ``port`` is the one for NETCONF. SCP and the CLI go to ``ssh_port``, which is the same port unless that is 830,
    where only NETCONF is served. A reply may take ``reply_seconds``, a connection ``connect_seconds``. ``host_keys``
    are pinned public keys (``ssh-ed25519 AAAA...``); without them ``known_hosts`` files decide. ``nodes`` are the
    other nodes of a cluster: name, host and port of each; every node keeps its own ``/var/log``. ``data`` is what the
    inventory says besides.
    """

    name: str
    host: str
    credentials: Credentials
    port: int = NETCONF_PORT
    ssh_port: int = 0
    host_keys: tuple[str, ...] = ()
    known_hosts: tuple[Path, ...] = ()
    proxy_command: str = ""
    reply_seconds: float = 30.0
    connect_seconds: float = 15.0
    nodes: tuple[tuple[str, str, int], ...] = ()
    groups: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def work_seconds(self) -> float:
        """How long a reply may take for which the device has to read a whole file or table."""
        return 4 * self.reply_seconds

    @property
    def file_port(self) -> int:
        """The port for SCP and the CLI."""
        return self.ssh_port or (SSH_PORT if self.port == NETCONF_PORT else self.port)

    def other_nodes(self) -> list[Device]:
        """The other nodes of a cluster, each as a device of its own."""
        return [
            replace(self, name=f"{self.name}-{name}", host=host, port=port, nodes=()) for name, host, port in self.nodes
        ]


def as_reach(device: Device) -> dict[str, Any]:
    """How to reach a device again, for the ledger: addresses and where secrets come from, never a secret."""
    credentials = device.credentials
    return {
        "name": device.name,
        "host": device.host,
        "port": device.port,
        "ssh_port": device.ssh_port,
        "host_keys": list(device.host_keys),
        "known_hosts": [str(path) for path in device.known_hosts],
        "proxy_command": device.proxy_command,
        "reply_seconds": device.reply_seconds,
        "nodes": [list(node) for node in device.nodes],
        "user": credentials.user,
        "key_file": str(credentials.key_file.absolute()) if credentials.key_file else "",
        "agent": credentials.agent,
        "password_env": credentials.password_env,
        "password_command": list(credentials.password_command),
    }


def from_reach(reach: dict[str, Any]) -> Device:
    """The device of ``as_reach``, as far as a teardown needs it."""
    return Device(
        name=str(reach["name"]),
        host=str(reach["host"]),
        port=int(reach["port"]),
        ssh_port=int(reach["ssh_port"]),
        host_keys=tuple(reach["host_keys"]),
        known_hosts=tuple(Path(path) for path in reach["known_hosts"]),
        proxy_command=str(reach["proxy_command"]),
        reply_seconds=float(reach["reply_seconds"]),
        nodes=tuple((str(name), str(host), int(port)) for name, host, port in reach["nodes"]),
        credentials=Credentials(
            user=str(reach["user"]),
            key_file=Path(reach["key_file"]) if reach["key_file"] else None,
            agent=bool(reach["agent"]),
            password_env=str(reach["password_env"]),
            password_command=tuple(reach["password_command"]),
        ),
    )
