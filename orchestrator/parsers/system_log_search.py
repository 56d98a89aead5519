"""One conversation in gigabytes of logs: look for the bytes of an address first, parse only the lines that have them.

What the bytes find is checked after parsing: ``10.0.0.10`` has the bytes of ``10.0.0.1`` and is another address.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestrator.model.flow import Endpoint
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log import Log
from orchestrator.parsers.system_log_head import last_frame
from orchestrator.parsers.values import integer, ports
from orchestrator.parsers.xml_input import unwrapped

_AHEAD = 1 << 12  # how far behind a hit ``last message repeated`` is looked for
_LONGEST_LINE = 1 << 20
_REPEATED = b"last message repeated"
_SIDES = (("source", "nat-source"), ("destination", "nat-destination"))


def find(
    sources: Iterable[Source], one: Endpoint, other: Endpoint | None = None, *, protocol: int | None = None
) -> Iterator[LogRecord]:
    """Yield the records of sessions with ``one`` at an end, or between ``one`` and ``other`` either way, in order.

    An end is an address before or after NAT. Any record that has fields with these addresses counts, of RT_FLOW and
    APPTRACK in both forms and other structured ones. A ``last message repeated`` line comes with the record it repeats
    when it stands within 4096 bytes behind it. An IPv6 address is looked for as inet_ntop prints it and with its zeros.
    """
    wanted = _Wanted(one, other, protocol)
    words = wanted.words()
    for source in sources:
        log = Log(Tally())
        inner = unwrapped(source, "file-content", "output")
        records = _found(inner, log, wanted, words) if words else filter(wanted.admits, log.records(inner))
        yield from records


@dataclass(frozen=True, slots=True)
class _Wanted:
    one: Endpoint
    other: Endpoint | None
    protocol: int | None

    def words(self) -> tuple[bytes, ...]:
        """Bytes of which every wanted line has one: those of the end that says more. Empty when neither says any."""
        choices = [_words(end) for end in (self.one, self.other) if end is not None]
        return max(choices, key=lambda words: min(map(len, words), default=0))

    def admits(self, record: LogRecord) -> bool:
        """Whether a parsed record is of the conversation."""
        fields = record.fields
        protocol = integer(fields.get("protocol-id"))
        if "source-address" not in fields or (self.protocol is not None and protocol != self.protocol):
            return False
        source, destination = (_ends(fields, side, protocol) for side in _SIDES)
        if self.other is None:
            return _holds(self.one, source + destination)
        return (_holds(self.one, source) and _holds(self.other, destination)) or (
            _holds(self.other, source) and _holds(self.one, destination)
        )


def _ends(fields: dict[str, str], side: tuple[str, ...], protocol: int | None) -> list[tuple[str, int | None]]:
    """Addresses of one side with their ports; the words in the place of ports are none for ICMP."""
    found = []
    for name in side:
        if address := fields.get(f"{name}-address"):
            number = fields.get(f"{name}-port", "")
            found.append((address, integer(number) if protocol is None else ports(protocol, number, "")[0]))
    return found


def _holds(end: Endpoint, ends: list[tuple[str, int | None]]) -> bool:
    return any(end.holds(address, port) for address, port in ends)


def _words(end: Endpoint) -> tuple[bytes, ...]:
    """What a line with an address of this end must have one of; empty when the prefix leaves the front open."""
    prefix = end.prefix
    if end.is_single:
        whole = prefix.network_address
        forms = {whole.compressed, ":".join(_groups(whole))} if whole.version == 6 else {str(whole)}
    elif isinstance(prefix, ipaddress.IPv4Network):
        octets = str(prefix.network_address).split(".")
        forms = {"".join(f"{octet}." for octet in octets[: prefix.prefixlen // 8])}
    else:
        fixed = [*_groups(prefix.network_address)[: prefix.prefixlen // 16], "0"]
        forms = {"".join(f"{group}:" for group in fixed[: fixed.index("0")])}  # zeros may be left out
    return tuple(sorted(form.encode() for form in forms if form))


def _groups(address: ipaddress.IPv6Address) -> list[str]:
    return [group.lstrip("0") or "0" for group in address.exploded.split(":")]


@dataclass(frozen=True, slots=True)
class _Window:
    """Some bytes of a file from the start of a line on. Hits before ``limit`` are due; what is behind is to look at."""

    data: bytes
    limit: int


def _windows(source: Source) -> Iterator[_Window]:
    """Overlapping windows: each due byte has the next 4096 in sight, and no line is cut but one beyond all measure."""
    data = b""
    for block in source.blocks():
        data += block
        limit = data.rfind(b"\n", 0, max(0, len(data) - _AHEAD)) + 1
        if not limit and len(data) > _LONGEST_LINE:
            limit = last_frame(data.decode("latin-1")) or len(data)
        if limit:
            yield _Window(data, limit)
            data = data[limit:]
    yield _Window(data, len(data))


def _found(source: Source, log: Log, wanted: _Wanted, words: tuple[bytes, ...]) -> Iterator[LogRecord]:
    first = 1  # number of a window's first line
    for window in _windows(source):
        data, counted, number = window.data, 0, first
        hits = _hits(data, words)
        for (start, end), (following, _) in itertools.pairwise((*hits, (len(data), 0))):
            if start >= window.limit:
                break
            number, counted = number + _line_ends(data[counted:start]), start
            records = [each for each in _read(log, data[start:end], source.name, number) if wanted.admits(each)]
            yield from records
            if records and data.find(_REPEATED, end, stop := min(following, end + _AHEAD)) >= 0:
                behind = _read(log, data[end + 1 : stop], source.name, number + 1)
                yield from (each for each in behind if each.repeated and wanted.admits(each))
        first += _line_ends(data) - _line_ends(data[window.limit :])


def _read(log: Log, data: bytes, name: str, number: int) -> Iterator[LogRecord]:
    return log.piece(data.decode(errors="replace"), name, number)


def _hits(data: bytes, words: tuple[bytes, ...]) -> list[tuple[int, int]]:
    """Start and end of each line that has one of the words, in order."""
    found: set[tuple[int, int]] = set()
    for word in words:
        at = data.find(word)
        while at >= 0:
            end = data.find(b"\n", at)
            end = len(data) if end < 0 else end
            found.add((data.rfind(b"\n", 0, at) + 1, end))
            at = data.find(word, end)
    return sorted(found)


def _line_ends(data: bytes) -> int:
    return len(data) - len(data.replace(b"\n", b""))  # unlike count, this looks for the byte with memchr
