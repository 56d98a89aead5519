"""Decide whether a device is the one it should be, before any secret is offered to it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

import paramiko

from orchestrator.errors import HostKeyError
from orchestrator.model.device import SSH_PORT, Device

# One RSA key serves three signature algorithms; a known_hosts line always says ssh-rsa.
_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}


def fingerprint(key: paramiko.PKey) -> str:
    """SHA-256 fingerprint as OpenSSH prints it."""
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class KnownKeys:
    """The host keys we know for one device and port: pinned ones, else those of the known_hosts files."""

    def __init__(self, device: Device, port: int) -> None:
        self._device = device
        self._port = port
        self._blobs = {line.split()[1] for line in device.host_keys} if device.host_keys else set(self._from_files())

    def _from_files(self) -> Iterable[str]:
        names = [f"[{self._device.host}]:{self._port}"]
        if self._port == SSH_PORT:
            names.append(self._device.host)
        for path in self._device.known_hosts:
            if not path.is_file():
                continue
            known = paramiko.HostKeys(str(path))
            for name in names:
                found = known.lookup(name)
                yield from (key.get_base64() for key in found.values()) if found else ()

    def preferred_algorithms(self, offered: Iterable[str]) -> list[str]:
        """Host key algorithms to negotiate, those we hold a key for first: another kind shall be seen, and refused."""
        known = {_type_of(blob) for blob in self._blobs}
        wanted = {name for kind in known for name in _ALGORITHMS.get(kind, (kind,))}
        return sorted(offered, key=lambda name: name not in wanted)

    def check(self, key: paramiko.PKey) -> None:
        """Accept the key the device showed.

        Raises:
            HostKeyError: we know no key of this device, or another one.
        """
        if key.get_base64() in self._blobs:
            return
        where = f"{self._device.host} port {self._port}"
        if not self._blobs:
            raise HostKeyError(
                f"the host key of {where} is not known ({key.get_name()} {fingerprint(key)})",
                device=self._device.name,
                hint=f"compare that fingerprint with the device's, then: ssh-keyscan -p {self._port} "
                f"{self._device.host} >> ~/.ssh/known_hosts (or pin it as host_keys in the inventory)",
            )
        raise HostKeyError(
            f"the host key of {where} has CHANGED: it now shows {key.get_name()} {fingerprint(key)}",
            device=self._device.name,
            hint="if the device was replaced or re-keyed, remove the old key from known_hosts or the inventory; "
            "if not, somebody may be listening",
        )


def _type_of(blob: str) -> str:
    raw = base64.b64decode(blob)
    length = int.from_bytes(raw[:4], "big")
    return raw[4 : 4 + length].decode("ascii", "replace")
