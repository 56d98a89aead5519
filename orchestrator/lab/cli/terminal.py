"""Lines in, text out: what a terminal does with keys, line feeds and long answers."""

from __future__ import annotations

import asyncssh

READ_BYTES = 4096
CARRIAGE_RETURN, LINE_FEED = b"\r\n"
BACKSPACE = b"\x08\x7f"
ENDS_INPUT = 4  # Ctrl-D
INTERRUPT = 3  # Ctrl-C
MORE = "---(more)---"


class Terminal:
    """Reads lines and writes text; with a pseudo-terminal it echoes, and line feeds become CR LF."""

    def __init__(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._process = process
        self._is_pty = bool(process.term_type)
        self._waiting = bytearray()
        self._after_return = False

    async def line(self) -> str | None:
        """One line without its end; ``None`` when there is no more."""
        line = bytearray()
        while (key := await self._key()) is not None:
            if key in b"\r\n":
                self.write("\n" if self._is_pty else "")
                return line.decode("utf-8", "replace")
            if key == ENDS_INPUT and not line:
                return None
            if key == INTERRUPT:
                self.write("^C\n" if self._is_pty else "")
                return ""
            if key in BACKSPACE:
                if line:
                    line.pop()
                    self.write("\b \b" if self._is_pty else "")
                continue
            line.append(key)
            if self._is_pty:
                self._process.stdout.write(bytes([key]))
        return line.decode("utf-8", "replace") if line else None

    async def _key(self) -> int | None:
        """The next key; CR LF is one."""
        key = await self._byte()
        if key == LINE_FEED and self._after_return:
            key = await self._byte()
        self._after_return = key == CARRIAGE_RETURN
        return key

    async def _byte(self) -> int | None:
        while not self._waiting:
            try:
                data = await self._process.stdin.read(READ_BYTES)
            except (asyncssh.TerminalSizeChanged, asyncssh.BreakReceived, asyncssh.SignalReceived):
                continue
            if not data:
                return None
            self._waiting += data
        return self._waiting.pop(0)

    def write(self, text: str) -> None:
        """Write text as the terminal wants it."""
        self._process.stdout.write((text.replace("\n", "\r\n") if self._is_pty else text).encode())

    async def page(self, text: str, length: int) -> None:
        """Write text, stopping after every ``length`` lines; 0 never stops."""
        lines = text.splitlines(keepends=True)
        if not length or not self._is_pty or len(lines) < length:
            self.write(text)
            return
        for start in range(0, len(lines), length - 1):
            self.write("".join(lines[start : start + length - 1]))
            if start + length - 1 < len(lines):
                self.write(MORE)
                key = await self._key()
                self.write("\r" + " " * len(MORE) + "\r")
                if key is None or key in b"qQ\x03":
                    return
