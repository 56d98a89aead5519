"""The source side of legacy SCP over the device's files. Texts are OpenSSH's; how ``-t`` is refused is synthetic."""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass

import asyncssh

from orchestrator.lab.box import Caller
from orchestrator.lab.exchange import GoneError, carry_out
from orchestrator.lab.filesystem import File
from orchestrator.lab.operations.answer import Answer

BLOCK_BYTES = 65536
WORLD_READABLE = 0o004


@dataclass(frozen=True, slots=True)
class Request:
    """What ``scp`` was started with."""

    source: bool
    preserve: bool
    recursive: bool
    paths: tuple[str, ...]

    @classmethod
    def of(cls, command: str) -> Request:
        """Read a command line; a quote that is not closed makes it one of no paths."""
        try:
            words = shlex.split(command)[1:]
        except ValueError:
            words = []
        options = "".join(word[1:] for word in words if word.startswith("-") and word != "--")
        paths = tuple(word for word in words if not word.startswith("-"))
        return cls("f" in options, "p" in options, "r" in options, paths)


class _RefusedError(Exception):
    """The other side does not want to go on."""


class Source:
    """Sends files to one client; by ``half``, the connection is lost in the middle of the first."""

    def __init__(
        self, caller: Caller, process: asyncssh.SSHServerProcess[bytes], request: Request, *, half: bool = False
    ) -> None:
        self._caller = caller
        self._process = process
        self._request = request
        self._half = half
        self._failed = False

    async def run(self) -> int:
        """Send everything asked for; 0 when nothing failed."""
        await self._acknowledged()
        for pattern in self._request.paths:
            await self._pattern(pattern)
        return int(self._failed)

    async def _pattern(self, pattern: str) -> None:
        home = f"/var/home/{self._caller.user}"
        pattern = posixpath.normpath(posixpath.join(home, pattern.replace("~", home, 1)))
        filesystem = self._caller.box.filesystem
        names = filesystem.matching(pattern)
        if names:
            for name in names:
                await self._file(name, filesystem.files[name])
        elif filesystem.is_directory(pattern):
            await self._folder(pattern)
        else:
            self._complain(f"{pattern}: No such file or directory")

    async def _folder(self, folder: str) -> None:
        if not self._request.recursive:
            self._complain(f"{folder}: not a regular file")
            return
        await self._say(f"D0755 0 {posixpath.basename(folder)}\n")
        filesystem = self._caller.box.filesystem
        for name in filesystem.matching(f"{folder}/*"):
            await self._file(name, filesystem.files[name])
        await self._say("E\n")

    async def _file(self, path: str, file: File) -> None:
        privileged = self._caller.box.persona.allows(self._caller.login_class, "maintenance")
        if not privileged and not file.mode & WORLD_READABLE:
            self._complain(f"{path}: Permission denied")
            return
        data = bytes(file.data)  # a copy: the file may grow while it is sent
        if self._request.preserve:
            stamp = int(file.modified)
            await self._say(f"T{stamp} 0 {stamp} 0\n")
        await self._say(f"C{file.mode:04o} {len(data)} {posixpath.basename(path)}\n")
        for start in range(0, len(data) // 2 if self._half else len(data), BLOCK_BYTES):
            await self._caller.box.thawed.wait()
            self._process.stdout.write(data[start : start + BLOCK_BYTES])
            await self._process.stdout.drain()
        if self._half:
            self._caller.connection.drop()
            raise GoneError
        self._process.stdout.write(b"\0")
        await self._acknowledged()

    async def _say(self, line: str) -> None:
        self._process.stdout.write(line.encode())
        await self._acknowledged()

    def _complain(self, message: str) -> None:
        self._failed = True
        self._process.stdout.write(f"\x01scp: {message}\n".encode())

    async def _acknowledged(self) -> None:
        answer = await self._process.stdin.read(1)
        if answer != b"\0":
            raise _RefusedError


async def serve(caller: Caller, process: asyncssh.SSHServerProcess[bytes], command: str) -> int:
    """One ``scp`` started on the device by a client; its exit status."""
    request = Request.of(command)
    try:
        outcome = await carry_out(caller, command, Answer)
        if outcome is None:
            await process.wait_closed()
            return 1
        if not caller.box.persona.scp or not request.source or outcome.refusal is not None:
            refused = outcome.refusal.message if outcome.refusal else "Permission denied"
            process.stdout.write(f"\x01scp: {refused}\n".encode())
            return 1
        return await Source(caller, process, request, half=outcome.half).run()
    except (_RefusedError, GoneError):
        return 1
