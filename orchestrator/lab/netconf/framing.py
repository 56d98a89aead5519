"""Where a message ends: ``]]>]]>`` (1.0) or chunks (1.1), read from whatever pieces arrive."""

from __future__ import annotations

import re

END = b"]]>]]>"
CHUNK_BYTES = 65536
CHUNK_HEADER = re.compile(rb"\n#(?:(\d{1,10})|#)\n")
MAX_HEADER_BYTES = 16


class FramingError(Exception):
    """Bytes that are no chunk header where one must be."""


class Deframer:
    """Takes bytes and gives whole messages. Starts as 1.0; set ``chunked`` after the hellos."""

    def __init__(self) -> None:
        self.chunked = False
        self._waiting = bytearray()
        self._chunks = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        self._waiting += data

    def next_message(self) -> bytes | None:
        """The next whole message, or ``None`` until more arrives.

        Raises:
            FramingError: a chunk header is malformed.
        """
        return self._next_chunked() if self.chunked else self._next_delimited()

    def _next_delimited(self) -> bytes | None:
        end = self._waiting.find(END, max(0, self._searched - len(END)))
        if end < 0:
            self._searched = len(self._waiting)
            return None
        message = bytes(self._waiting[:end])
        del self._waiting[: end + len(END)]
        self._searched = 0
        return message

    def _next_chunked(self) -> bytes | None:
        while True:
            header = CHUNK_HEADER.match(self._waiting)
            if header is None:
                if len(self._waiting) >= MAX_HEADER_BYTES:
                    raise FramingError(bytes(self._waiting[:MAX_HEADER_BYTES]))
                return None
            if header[1] is None:
                message = bytes(self._chunks)
                self._chunks.clear()
                del self._waiting[: header.end()]
                return message
            end = header.end() + int(header[1])
            if len(self._waiting) < end:
                return None
            self._chunks += self._waiting[header.end() : end]
            del self._waiting[:end]


def framed(message: bytes, *, chunked: bool) -> list[bytes]:
    """The pieces to write, one channel packet or more each.

    The 1.0 delimiter is always cut in two: a client that looks for it in one packet only must fail here.
    """
    if not chunked:
        return [message + END[:3], END[3:] + b"\n"]
    pieces = []
    for start in range(0, len(message), CHUNK_BYTES):
        chunk = message[start : start + CHUNK_BYTES]
        pieces.append(b"\n#%d\n" % len(chunk) + chunk)
    return [*pieces, b"\n##\n"]
