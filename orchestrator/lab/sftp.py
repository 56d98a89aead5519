"""SFTP, which Junos does not offer to ordinary clients: refused by default, and empty when a persona turns it on."""

from __future__ import annotations

import asyncssh


class EmptySftp(asyncssh.SFTPServer):
    """A server that has no files: nothing of the machine the lab runs on is ever reached."""

    def map_path(self, path: bytes) -> bytes:  # noqa: ARG002 - asyncssh's signature
        """Refuse every path."""
        raise asyncssh.SFTPPermissionDenied("Permission denied")

    def exit(self) -> None:
        """Say goodbye with a status: OpenSSH's scp calls a transfer failed without one."""
        self.channel.exit(0)
