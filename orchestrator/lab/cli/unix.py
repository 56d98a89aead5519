"""The UNIX shell behind ``start shell``: a handful of commands over the device's own files."""

from __future__ import annotations

import posixpath
import shlex
from typing import NamedTuple

from orchestrator.lab.box import Caller
from orchestrator.lab.cli.grammar import answered, complaint
from orchestrator.lab.operations.answer import Refusal


class Ended(NamedTuple):
    """What a command printed, its exit status, and whether it left the shell."""

    text: str
    status: int = 0
    left: bool = False


def run(caller: Caller, line: str, last_status: int) -> Ended:
    """Run one line; what is not known is not found, with status 1."""
    try:
        words = shlex.split(line)
    except ValueError:
        return Ended("Unmatched quote.\n", 1)
    command, arguments = (words[0], words[1:]) if words else ("", [])
    operands = [word for word in arguments if not word.startswith("-")]
    match command:
        case "exit" | "logout":
            ended = Ended("", left=True)
        case "echo":
            ended = Ended(" ".join(str(last_status) if word == "$?" else word for word in arguments) + "\n")
        case "pwd":
            ended = Ended(f"/var/home/{caller.user}\n")
        case "ls":
            ended = _listed(caller, operands[0] if operands else f"/var/home/{caller.user}")
        case "cat" if operands:
            ended = _read(caller, operands[0])
        case "cli" if arguments[:1] == ["-c"] and len(arguments) > 1:
            ended = _cli(caller, arguments[1])
        case _:
            ended = Ended(f"{command}: Command not found.\n", 1)
    return ended


def _listed(caller: Caller, path: str) -> Ended:
    filesystem = caller.box.filesystem
    if filesystem.is_directory(path) or path == f"/var/home/{caller.user}":
        names = [posixpath.basename(name) for name in filesystem.matching(posixpath.join(path, "*"))]
        return Ended("".join(f"{name}\n" for name in names))
    found = filesystem.matching(path)
    return Ended("".join(f"{name}\n" for name in found)) if found else _absent("ls", path)


def _read(caller: Caller, path: str) -> Ended:
    file = caller.box.filesystem.get(path)
    return Ended(bytes(file.data).decode("utf-8", "replace")) if file else _absent("cat", path)


def _absent(command: str, path: str) -> Ended:
    return Ended(f"{command}: {path}: No such file or directory\n", 1)


def _cli(caller: Caller, line: str) -> Ended:
    try:
        return Ended(answered(caller, line).text)
    except Refusal as refusal:
        return Ended(complaint(line, refusal, 0), 1)
