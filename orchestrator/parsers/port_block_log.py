"""Port-block logs of every form: microkernel, extension provider, structured, and text.

Facts: the documentation of interim logging; Juniper's published test logs (envelopes with a card's slot, with a
service set in braces, with ``[jservices-nat]``); a published parser that expects a blank after the hour. The text of
an INTERIM of the text form is known from a third party's expression only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from orchestrator.errors import ParseError
from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block import BlockEvent, LogForm, PortBlockLog, canonical
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_head import head_of
from orchestrator.parsers.system_log_structured import structured

KIND = "a port-block log"
MARKS = ("NAT_PORT_BLOCK_", "SRC_NAT_PBA_")
_ARROW = re.compile(
    r"(?:\{(?P<scope>[^}]{0,128})\}\s*)?\[(?:FWNAT|jservices-nat)\]:?\s*"
    r"(?P<family>ASP_|JSERVICES_)?NAT_PORT_BLOCK_(?P<event>ALLOC|ACTIVE|RELEASE):\s*"
    r"(?P<subscriber>[0-9A-Fa-f:.]{2,45}(?:/\d{1,3})?)\s+->\s+"
    r"(?P<external>[0-9A-Fa-f:.]{2,45}):(?P<low>\d{1,5})-(?P<high>\d{1,5})(?:\s+0x(?P<hex>[0-9A-Fa-f]{1,16}))?\s*"
)
_PAYLOAD = re.compile(
    r"(?:^|[\s>])(?P<day>\d{4}-\d\d-\d\d) (?P<hour>\d\d): ?(?P<rest>\d\d:\d\d):?\s*(?P<name>[\w.-]{0,64})\s*$"
)
_SLOT = re.compile(r"\(FPC Slot (\d{1,2}), PIC Slot (\d)\)")
_PBA = re.compile(r"RT_SRC_NAT_PBA_(ALLOC|INTERIM|RELEASE)")
_WORDS = re.compile(
    r"Subscriber (?P<subscriber>\S+) used/maximum \[\d+/\d+\] blocks, (?:allocates |releases )?"
    r"port block \[(?P<low>\d{1,5})-(?P<high>\d{1,5})\] from (?P<external>\S+) in source pool (?P<scope>\S+)"
    r"(?: lsys_id: \d+)?(?: epoch 0x(?P<hex>[0-9A-Fa-f]{1,16}))?"
)
_EVENTS = {"ALLOC": BlockEvent.ALLOC, "ACTIVE": BlockEvent.ACTIVE, "INTERIM": BlockEvent.ACTIVE,
           "RELEASE": BlockEvent.RELEASE}  # fmt: skip
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_DAY_SECONDS = 86400
_LATEST = 253402300799  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class Clock:
    """How stamps without an offset are read.

    ``header`` is the zone of stamps of the system log, ``None`` when it was not said: such a stamp is then an error
    where nothing else tells the time. ``payload`` is that of the stamp which services cards write (UTC: published
    logs have it 7 h from a local header). ``year`` serves headers without one; where it is not said either, they get
    the last year that puts them not after ``latest``, the time of the file.
    """

    header: tzinfo | None = None
    payload: tzinfo = UTC
    year: int | None = None
    latest: datetime | None = None


def parse(source: Source) -> Reading[PortBlockLog]:
    """Read every port-block log; other lines of a log are counted, and passed by.

    Stamps without offset are UTC; those without year are of the year before the file was last written.
    """
    return read(source, Clock(header=UTC, latest=source.modified))


def read(source: Source, clock: Clock) -> Reading[PortBlockLog]:
    """Read every port-block log.

    Raises:
        ParseError: a stamp has no offset and the clock no zone for it.
    """
    tally = Tally()

    def records() -> Iterator[PortBlockLog]:
        for line in source.lines():
            tally.lines += 1
            found = parse_line(line, clock)
            if found is None:
                tally.unknown(line)
            else:
                tally.recognised += 1
                yield found

    return Reading(KIND, source.name, tally, records())


def parse_line(line: Line, clock: Clock) -> PortBlockLog | None:
    """Read one line; ``None`` when it is no port-block log, or not whole.

    Raises:
        ParseError: its stamp has no offset and the clock no zone for it.
    """
    text = line.text.strip()
    if MARKS[0] in text:
        return _arrow(text, line, clock)
    return _pba(text, line, clock) if MARKS[1] in text else None


def _arrow(text: str, line: Line, clock: Clock) -> PortBlockLog | None:
    found = _ARROW.search(text)
    if not found or found.end() != len(text):
        return None
    front = text[: found.start()]
    payload = _PAYLOAD.search(front)
    head = head_of(front[: payload.start() + 1].strip() if payload else front)
    created = _moment(found["hex"])
    if found["hex"] and created is None:
        return None
    if payload:
        stamp = f"{payload['day']}T{payload['hour']}:{payload['rest']}"
        time = _stamped(stamp, clock.payload)
    else:
        time = stamp_time(head.time, clock, line, created)
    host = head.host or (payload["name"] if payload else "")
    event = _EVENTS[found["event"]]
    family = LogForm.MICROKERNEL if found["family"] == "ASP_" else LogForm.EXTENSION
    return _log(found["subscriber"], found["external"], found["low"], found["high"], PortBlockLogHead(
        event, family, time, created, created, _device(host, front), found["scope"] or "", line,
    ))  # fmt: skip


def _pba(text: str, line: Line, clock: Clock) -> PortBlockLog | None:
    head = head_of(text)
    tag = _PBA.search(head.rest)
    if not tag:
        return None
    values: dict[str, str] | None
    if message := structured(head):
        form, fields = LogForm.STRUCTURED, message.fields
        values = {"subscriber": fields.get("internal-ip", ""), "external": fields.get("reflexive-ip", ""),
                  "low": fields.get("block-port-low", ""), "high": fields.get("block-port-high", ""),
                  "scope": fields.get("nat-pool-name", ""), "hex": fields.get("epoch-time-64", "")}  # fmt: skip
    else:
        form, words = LogForm.TEXT, _WORDS.search(head.rest)
        values = {name: value or "" for name, value in words.groupdict().items()} if words else None
    if values is None:
        return None
    event = _EVENTS[tag[1]]
    epoch = _moment(values["hex"])
    if values["hex"] and epoch is None:
        return None
    created = None if event is BlockEvent.RELEASE else epoch
    # The epoch is the time of an ALLOC and of a RELEASE (published log); an INTERIM only says since when.
    time = stamp_time(head.time, clock, line, epoch) if head.time else epoch
    return _log(values["subscriber"], values["external"], values["low"], values["high"], PortBlockLogHead(
        event, form, time, created, epoch, _device(head.host, text), values["scope"], line,
    ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class PortBlockLogHead:
    """What was read before the addresses were looked at."""

    event: BlockEvent
    form: LogForm
    time: datetime | None
    created: datetime | None
    epoch: datetime | None
    device: str
    scope: str
    line: Line


def _log(subscriber: str, external: str, low: str, high: str, head: PortBlockLogHead) -> PortBlockLog | None:
    if head.time is None or not low.isdigit() or not high.isdigit() or not 0 <= int(low) <= int(high) <= 65535:
        return None
    try:
        subscriber, external = canonical(subscriber), canonical(external)
    except ValueError:
        return None
    return PortBlockLog(
        event=head.event, form=head.form, time=head.time, subscriber=subscriber, external=external, low=int(low),
        high=int(high), created=head.created, epoch=int(head.epoch.timestamp()) if head.epoch else None,
        device=head.device, scope=head.scope, line=head.line,
    )  # fmt: skip


def _device(host: str, front: str) -> str:
    slot = _SLOT.search(front)
    return f"{host}/{slot[1]}/{slot[2]}" if slot else host


def _moment(hexadecimal: str | None) -> datetime | None:
    """The creation time: seconds since 1970, UTC."""
    if not hexadecimal:
        return None
    try:
        seconds = int(hexadecimal, 16)
    except ValueError:
        return None
    return datetime.fromtimestamp(seconds, UTC) if seconds <= _LATEST else None


def stamp_time(stamp: str, clock: Clock, line: Line, near: datetime | None = None) -> datetime | None:
    """A header's stamp in UTC. One without a year takes that of ``near``, the hexadecimal time, else the clock's.

    Raises:
        ParseError: it has no offset, or no year, and the clock does not say.
    """
    if not stamp:
        return None
    if _OFFSET.search(stamp) and stamp[:4].isdigit():
        return _stamped(stamp, UTC)
    if clock.header is None:
        raise ParseError(
            f"the stamp {stamp!r} has no time zone", path=line.file, line=line.number,
            hint="say with --zone which zone the headers are in, for example --zone UTC or --zone Europe/Paris",
        )  # fmt: skip
    if stamp[:4].isdigit():
        return _stamped(stamp, clock.header)
    if near is None and clock.year is None and clock.latest is not None:
        return _before(stamp, clock.latest, clock.header)
    years = [near.year - 1, near.year, near.year + 1] if near else [clock.year] if clock.year else []
    if not years:
        raise ParseError(
            f"the stamp {stamp!r} has no year", path=line.file, line=line.number,
            hint="say with --year which year the headers are of",
        )  # fmt: skip
    times = [time for year in years if (time := _of_year(stamp, year, clock.header))]
    if near is None:
        return times[0] if times else None
    later = [time for time in times if (time - near).total_seconds() > -_DAY_SECONDS]
    return min(later, default=None)


def _before(stamp: str, latest: datetime, zone: tzinfo) -> datetime | None:
    """The last time of that stamp that is not more than a day after the file was written."""
    times = (_of_year(stamp, year, zone) for year in range(latest.year + 1, latest.year - 9, -1))
    return next((time for time in times if time and (time - latest).total_seconds() < _DAY_SECONDS), None)


def _of_year(stamp: str, year: int, zone: tzinfo) -> datetime | None:
    try:
        time = datetime.strptime(f"{year} {stamp.partition('.')[0]}", "%Y %b %d %H:%M:%S")  # noqa: DTZ007 - next line
    except ValueError:
        return None
    return time.replace(tzinfo=zone).astimezone(UTC)


def _stamped(stamp: str, zone: tzinfo) -> datetime | None:
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=zone)
    return time.astimezone(UTC).replace(microsecond=0)
