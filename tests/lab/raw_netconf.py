"""A raw NETCONF client that shares no code with the lab, nor with the product."""

from __future__ import annotations

import base64

import paramiko

from orchestrator.lab.launch import LabDevice

END = b"]]>]]>"
HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"
)


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
