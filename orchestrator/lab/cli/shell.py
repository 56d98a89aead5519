"""The command line as a person and as a script meet it: interactive, or one command a channel."""

from __future__ import annotations

import re

import asyncssh

from orchestrator.lab.box import Caller
from orchestrator.lab.cli import unix
from orchestrator.lab.cli.grammar import answered, complaint
from orchestrator.lab.cli.terminal import Terminal
from orchestrator.lab.exchange import GoneError, carry_out
from orchestrator.lab.operations.answer import Answer

DEFAULT_LENGTH = 24
SET_CLI = re.compile(
    r"set cli (screen-length|screen-width|timestamp|complete-on-space|idle-timeout)(?: (\S+))?(?: \S+)?"
)
CLI_IN_SHELL = re.compile(r"""cli\s+-c\s+(?P<quote>["'])(?P<line>.*)(?P=quote)\s*""", re.DOTALL)


class Shell:
    """One interactive session."""

    def __init__(self, caller: Caller, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._caller = caller
        self._terminal = Terminal(process)
        self._length = DEFAULT_LENGTH if process.term_type else 0
        self._timestamps = False
        self._in_unix = 0
        self._status = 0
        self._configuring = False

    @property
    def _prompt(self) -> str:
        if self._in_unix:
            return "% "
        mark = "#" if self._configuring else ">"
        return f"{self._caller.user}@{self._caller.box.name}{mark} "

    async def run(self) -> int:
        """Answer lines until the client leaves."""
        await self._caller.box.thawed.wait()
        while True:
            self._terminal.write(("[edit]\n" if self._configuring else "") + self._prompt)
            line = await self._terminal.line()
            if line is None or await self._done(line.strip()):
                return 0

    async def _done(self, line: str) -> bool:
        """Handle a line; ``True`` ends the session."""
        if self._in_unix:
            await self._unix(line)
            return False
        if line in {"exit", "quit"}:
            self._caller.box.heard(self._caller, line)
        if line in {"exit", "quit"} or (self._configuring and line.startswith("exit ")):
            if self._configuring:
                self._configuring = False
                self._terminal.write("Exiting configuration mode\n\n")
                return False
            return True
        if line:
            await self._cli(line)
        return False

    async def _cli(self, line: str) -> None:
        setting = SET_CLI.fullmatch(line)
        if setting is not None and not self._configuring:
            self._caller.box.heard(self._caller, line)
            self._set(setting[1], setting[2] or "")
        elif line.startswith("start shell"):
            await self._start_shell(line)
        else:
            await self._operational(line)

    async def _start_shell(self, line: str) -> None:
        outcome = await carry_out(self._caller, line, Answer)
        if outcome is None:
            return
        if self._caller.box.persona.allows(self._caller.login_class, "shell"):
            self._in_unix += 1
        else:
            self._terminal.write("error: permission denied: shell\n")

    def _set(self, what: str, value: str) -> None:
        if what == "screen-length":
            self._length = int(value) if value.isdecimal() else self._length
            self._terminal.write(f"Screen length set to {self._length}\n")
        elif what == "screen-width":
            self._terminal.write(f"Screen width set to {value}\n")
        elif what == "timestamp":
            self._timestamps = value != "disable"
            stamp = self._caller.box.clock.date().strftime("%b %d %H:%M:%S")
            self._terminal.write(f"{stamp}\nCLI timestamp set to: %b %d %T\n" if self._timestamps else "")
        elif what == "complete-on-space":
            self._terminal.write(f"{'Disabling' if value == 'off' else 'Enabling'} complete-on-space\n")

    async def _operational(self, line: str) -> None:
        outcome = await carry_out(self._caller, line, lambda: self._answered(line))
        if outcome is None:
            await self._terminal.line()  # silence, until the client gives up
            return
        if self._timestamps:
            self._terminal.write(self._caller.box.clock.date().strftime("%b %d %H:%M:%S\n"))
        if outcome.refusal is not None:
            self._terminal.write(complaint(line, outcome.refusal, len(self._prompt)))
            return
        if line.split(maxsplit=1)[0] == "configure":
            self._configuring = True
            self._terminal.write("Entering configuration mode\n\n")
        text = outcome.answer.text
        text = text[: len(text) // 2] if outcome.half else text
        await self._terminal.page(text, 0 if "no-more" in line else self._length)
        if self._caller.box.persona.nodes > 1:
            self._terminal.write("\n{primary:node0}\n")

    def _answered(self, line: str) -> Answer:
        if self._configuring and line.startswith("run "):
            return answered(self._caller, line.removeprefix("run "))
        return answered(self._caller, line, configuring=self._configuring)

    async def _unix(self, line: str) -> None:
        """A handful of commands; everything else is not found, with status 1."""
        outcome = await carry_out(self._caller, line, Answer) if line else None
        if outcome is None:
            return
        ended = unix.run(self._caller, line, self._status)
        self._status = ended.status
        self._terminal.write(ended.text)
        self._in_unix -= ended.left


async def run_shell(caller: Caller, process: asyncssh.SSHServerProcess[bytes]) -> int:
    """A shell on a channel; its exit status."""
    try:
        return await Shell(caller, process).run()
    except GoneError:
        return 1


async def run_command(caller: Caller, process: asyncssh.SSHServerProcess[bytes], command: str) -> int:
    """One command on a channel: the user's shell is the CLI, so it is a CLI command; ``cli -c`` is taken too."""
    quoted = CLI_IN_SHELL.fullmatch(command.strip())
    line = quoted["line"] if quoted else command.strip()
    try:
        outcome = await carry_out(caller, line, lambda: answered(caller, line))
    except GoneError:
        return 1
    if outcome is None:
        await process.wait_closed()
        return 1
    text = complaint(line, outcome.refusal, 0) if outcome.refusal else outcome.answer.text
    text = text[: len(text) // 2] if outcome.half else text
    process.stdout.write(text.encode())
    await process.stdout.drain()
    if outcome.half:
        await process.wait_closed()
    return int(outcome.refusal is not None)
