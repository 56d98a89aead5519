"""Verbs about archives of logs: ``logs index``, ``who-had``, ``subscriber``, ``gaps``, ``flows`` and ``lint``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from orchestrator.cli.console import Format, answer, data, talk
from orchestrator.cli.options import DEFAULT_INVENTORY, InventoryOption
from orchestrator.errors import InputError
from orchestrator.model.port_block import Holding, Lease, LiveBlock, Rung, SilentPeriod

if TYPE_CHECKING:
    from orchestrator.logs.lint import Lint

app = typer.Typer(help="Index archives of port-block and RT_FLOW logs, and ask them.", no_args_is_help=True)

IndexOption = Annotated[Path, typer.Option("--index", help="Folder of an index, or a folder of several.")]
ZoneOption = Annotated[str, typer.Option("--zone", help="Zone of times without an offset: UTC, Europe/Paris, +05:00.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How the answer is printed.")]
TextOption = Annotated[bool, typer.Option("--text", help="Also print the lines, read from the archives.")]
_INDEX = Path("logs-index")
_EPOCH = re.compile(r"\d{9,10}")


@app.command()
def index(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Archives or folders of them; plain or gzip.")],
    into: Annotated[Path, typer.Option("--into", help="Folder of the index; it grows with each call.")],
    zone: Annotated[
        str | None, typer.Option("--zone", help="Zone of header stamps without an offset: UTC, Europe/Paris, +05:00.")
    ] = None,
    payload_zone: Annotated[
        str, typer.Option("--payload-zone", help="Zone of the stamp that services cards write themselves.")
    ] = "UTC",
    year: Annotated[int | None, typer.Option("--year", help="Year of header stamps that have none.")] = None,
    device: Annotated[str, typer.Option("--device", help="Name for lines that name no device.")] = "",
    sessions: Annotated[bool, typer.Option("--sessions/--no-sessions", help="Index RT_FLOW sessions too.")] = True,
) -> None:
    """Index archives. What is in already is left out; a build that is killed leaves the index as it was."""
    from orchestrator.logs.index import Order, build
    from orchestrator.parsers.port_block_log import Clock

    clock = Clock(_zone(zone) if zone else None, UTC if payload_zone == "UTC" else _zone(payload_zone), year)
    built = build(paths, into, Order(clock=clock, device=device, sessions=sessions), talk)
    data(
        f"{into}: {len(built.indexed)} archives indexed, {built.records} port-block logs, "
        f"{sum(one.sessions for one in built.indexed)} sessions, {sum(one.unread for one in built.indexed)} lines not "
        f"read, {len(built.skipped)} archives were in already"
    )


@app.command("who-had")
def who_had(
    external: Annotated[str, typer.Argument(metavar="EXTERNAL_IP:PORT", help="192.0.2.1:2000, [2001:db8::1]:2000")],
    at: Annotated[str, typer.Option("--at", help="2026-03-10T12:00:00Z; without an offset, --zone says which zone.")],
    index: IndexOption = _INDEX,
    zone: ZoneOption = "",
    device: Annotated[str, typer.Option("--device", help="Only blocks of this device.")] = "",
    text: TextOption = False,
    format: FormatOption = Format.TEXT,
) -> int:
    """Who had an external address and port at a moment, and how far the logs carry the answer.

    Exit code: 0 for certain or likely, 1 for a gap or a conflict.
    """
    from orchestrator.logs import ask

    address, port = _end(external)
    moment = _moment(at, zone)
    with ask.opened(index) as opened:
        found = ask.who_had(opened, address, port, moment, device)
        logs = ask.span(opened) if found.rung is Rung.GAP else None
    if text:
        found = replace(found, leases=tuple(replace(one, lines=ask.with_text(one.lines)) for one in found.leases))
    if format is Format.TEXT:
        known = [f"   index: logs from {_stamp(logs[0])} to {_stamp(logs[1])}"] if logs else []
        data(_plainly("\n".join(_told(found) + known)))
    else:
        answer([found], format, dict, empty="")
    return 0 if found.subscriber else 1


@app.command()
def subscriber(
    address: Annotated[str, typer.Argument(metavar="IP", help="A subscriber's address; also found under its prefix.")],
    begin: Annotated[str, typer.Option("--from", help="Begin of the span.")] = "",
    end: Annotated[str, typer.Option("--to", help="End of the span.")] = "",
    index: IndexOption = _INDEX,
    zone: ZoneOption = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """The blocks a subscriber had in a span of time."""
    from orchestrator.logs import ask

    _network(address) if "/" in address else _address(address)
    with ask.opened(index) as opened:
        first, last = _span(begin, end, zone)
        found = ask.of_subscriber(opened, address, first or ask.FIRST, last or ask.LAST)
    answer(found, format, _lease_columns, empty="no lease of this subscriber is known in this span")


@app.command()
def gaps(
    archive_period: Annotated[str, typer.Option("--archive-period", help="1h, 2h, ... 24h")] = "1h",
    index: IndexOption = _INDEX,
    begin: Annotated[str, typer.Option("--from", help="Begin of the span.")] = "",
    end: Annotated[str, typer.Option("--to", help="End of the span.")] = "",
    zone: ZoneOption = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Blocks that were held in an archive period without one log in it."""
    from orchestrator.logs import ask
    from orchestrator.logs import gaps as room
    from orchestrator.model.quantities import duration

    try:
        period = duration(archive_period)
    except ValueError as error:
        raise InputError(str(error)) from error
    with ask.opened(index) as opened:
        found = room.gaps(opened, period, *_span(begin, end, zone))
        answer(found, format, _gap_columns, empty="every block that was held has a log in every period")


@app.command()
def flows(
    at: Annotated[str, typer.Option("--at", help="The moment; or use --from and --to.")] = "",
    source: Annotated[
        str, typer.Option("--source", "-s", help="Address, with :port when wanted; before or after NAT.")
    ] = "",
    destination: Annotated[str, typer.Option("--destination", "-t", help="Address, with :port when wanted.")] = "",
    begin: Annotated[str, typer.Option("--from", help="Begin of the span.")] = "",
    end: Annotated[str, typer.Option("--to", help="End of the span.")] = "",
    index: IndexOption = _INDEX,
    zone: ZoneOption = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Sessions of indexed RT_FLOW archives that were open at a moment or in a span."""
    from orchestrator.logs import ask
    from orchestrator.logs import flows as room

    if bool(at) == bool(begin and end) or not (source or destination):
        raise InputError("say --at, or --from and --to, and an end", hint="--source 10.0.0.1 --at 2026-03-10T12:00:00Z")
    ends = [_end(text, any_port=True) if text else ("", None) for text in (source, destination)]
    first, last = (_moment(at, zone),) * 2 if at else _span(begin, end, zone)
    assert first is not None
    assert last is not None
    asked = room.Asked(
        source=ends[0][0], source_port=ends[0][1], destination=ends[1][0], destination_port=ends[1][1],
        begin=first, end=last,
    )  # fmt: skip
    with ask.opened(index) as opened:
        found = room.flows(opened, asked)
    answer(found, format, _flow_columns, empty="no session in the archives was open then")


@app.command("lint")
def lint_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Configuration (text, set, XML) or pool status (XML).")],
    inactivity: Annotated[int | None, typer.Option("--inactivity-timeout", help="Seconds.")] = None,
    subscriber: Annotated[int | None, typer.Option("--subscriber-timeout", help="Seconds.")] = None,
    app_timeout: Annotated[int | None, typer.Option("--app-timeout", help="Address-pooling paired, seconds.")] = None,
    eim_timeout: Annotated[
        int | None, typer.Option("--eim-timeout", help="Endpoint-independent mapping, seconds.")
    ] = None,
    archive_period: Annotated[str, typer.Option("--archive-period", help="1h, 30m, ...")] = "",
    card: Annotated[str, typer.Option("--card", help="ms-dpc, ms-100, ms-400, ms-500, ms-mpc, ms-mic, spc3")] = "",
    release: Annotated[str, typer.Option("--release", help="Junos release, 21.4R3")] = "",
    format: FormatOption = Format.TEXT,
) -> int:
    """Check a configuration, or the status of a pool, against the rules of interim logging; 1 when one is broken."""
    from orchestrator.logs import lint as room
    from orchestrator.model.quantities import duration
    from orchestrator.parsers import port_block_configuration
    from orchestrator.parsers.source import Source

    if card and card not in room.CARDS:
        raise InputError(f"there is no card {card!r} here", hint=", ".join(room.CARDS))
    if not file.is_file():
        raise InputError("there is no such file", path=file)
    try:
        period = int(duration(archive_period).total_seconds()) if archive_period else None
    except ValueError as error:
        raise InputError(str(error)) from error
    told = room.Told(inactivity=inactivity, subscriber=subscriber, app=app_timeout, eim=eim_timeout,
                     archive_period=period, card=card, release=release)  # fmt: skip
    found = room.lint(port_block_configuration.parse(Source.of_path(file)), told)
    if format is Format.TEXT:
        data(_plainly("\n".join(_linted(file, found))))
    else:
        answer([found], format, dict, empty="")
    return 1 if found.findings else 0


def port_blocks(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="A device of the inventory.")],
    external: Annotated[str, typer.Option("--external", help="EXTERNAL_IP:PORT, or an external address.")] = "",
    subscriber: Annotated[str, typer.Option("--subscriber", help="A subscriber's address.")] = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Who holds an external address and port now (21.4R1 and later)."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import port_block

    if external and subscriber:
        raise InputError("say --external or --subscriber, not both: the device takes one of them")
    address, port = _end(external, any_port=True) if external else ("", None)
    subscriber = str(_address(subscriber)) if subscriber else ""
    with session(inventory, device) as driver:
        found = port_block.held_now(driver, address, port, subscriber)
    answer(found, format, _live_columns, empty="no block is given out to that")


def _live_columns(one: LiveBlock) -> dict[str, Any]:
    used = "" if one.ports_used is None else f"{one.ports_used}/{one.ports_total}"
    return {"subscriber": one.subscriber, "block": f"{one.external}:{one.low}-{one.high}", "pool": one.pool,
            "ports used": used, "left": "" if one.left is None else f"{one.left} s", "node": one.node}  # fmt: skip


def _linted(file: Path, found: Lint) -> list[str]:
    count = len(found.findings)
    lines = [
        f"{file}: {count or 'no'} {'rule' if count == 1 else 'rules'} broken, {len(found.not_checked)} not checked"
    ]
    for number, one in enumerate(found.findings, 1):
        lines += ["", f"{number}. {one.symptom}", f"   saw:  {one.saw}", f"   why:  {one.why}", f"   next: {one.next}"]
        lines += [f"   line: {line.file}:{line.number}: {line.text.strip()}" for line in one.lines]
    for title, texts in (("not checked:", found.not_checked), ("know:", found.notes)):
        lines += ["", title, *(f"   {text}" for text in texts)] if texts else []
    return lines


def _told(found: Holding) -> list[str]:
    head = f"{found.external}:{found.port} at {_stamp(found.at)}: {found.rung.value}"
    lines = [f"{head}, {found.subscriber}" if found.subscriber else head, f"   why:  {found.why}"]
    for one in found.leases:
        name = "near" if found.rung.value == "gap" else "lease"
        lines.append(f"   {name + ':':<7}{_lease(one)}")
        lines.extend(
            f"   log:  {line.file}:{line.number}" + (f": {line.text}" if line.text else "") for line in one.lines
        )
    return lines


def _lease(one: Lease) -> str:
    where = " ".join(part for part in (one.device, one.scope) if part)
    begin = _stamp(one.created) if one.created else "an unknown time"
    end = _stamp(one.released) if one.released else f"an unknown end (last log {_stamp(one.last_log)})"
    told = f"{one.subscriber} had {one.external}:{one.low}-{one.high} from {begin} to {end}"
    return f"{told} on {where}" if where else told


def _lease_columns(one: Lease) -> dict[str, Any]:
    return {
        "block": f"{one.external}:{one.low}-{one.high}",
        "subscriber": one.subscriber,
        "created": _stamp(one.created),
        "last log": _stamp(one.last_log),
        "released": _stamp(one.released),
        "device": one.device,
        "service set or pool": one.scope,
        "logs": ", ".join(f"{line.file}:{line.number}" for line in (one.lines[:1] + one.lines[1:][-1:])),
    }


def _gap_columns(one: SilentPeriod) -> dict[str, Any]:
    return {"from": _stamp(one.begin), "to": _stamp(one.end)} | _lease_columns(one.lease)


def _flow_columns(one: Any) -> dict[str, Any]:
    translated = one.nat_source
    return {
        "begin": _stamp(one.begin),
        "end": _stamp(one.end),
        "session": str(one.key),
        "nat source": f"{translated.address}/{translated.port}" if translated else "",
        "policy": one.policy,
        "reason": one.reason,
        "log": f"{one.line.file}:{one.line.number}",
    }


def _stamp(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "?"


def _plainly(text: str) -> str:
    from orchestrator.reports.plain import plain

    return plain(text)


def _span(begin: str, end: str, zone: str) -> tuple[datetime | None, datetime | None]:
    """The ends of a span, ``None`` where one was not said."""
    first, last = (_moment(text, zone) if text else None for text in (begin, end))
    if first and last and first >= last:
        raise InputError(f"--from {_stamp(first)} is not before --to {_stamp(last)}")
    return first, last


def _zone(name: str) -> tzinfo:
    try:
        return datetime.fromisoformat(f"2000-01-01T00:00:00{name}").tzinfo or ZoneInfo(name)
    except ValueError:
        pass
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(f"there is no time zone {name!r}", hint="write UTC, Europe/Paris or +05:00") from error


def _moment(text: str, zone: str) -> datetime:
    """A time with its offset, a time of ``zone``, or seconds since 1970."""
    try:
        moment = datetime.fromtimestamp(int(text), UTC) if _EPOCH.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError as error:
        hint = "write 2026-03-10T12:00:00Z, 2026-03-10T12:00:00+01:00 or seconds since 1970"
        raise InputError(f"not a time: {text!r}", hint=hint) from error
    if moment.tzinfo is None:
        if not zone:
            raise InputError(f"{text!r} has no time zone", hint=f"write {moment.isoformat()}Z for UTC, or say --zone")
        moment = moment.replace(tzinfo=_zone(zone))
    return moment.astimezone(UTC)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError as error:
        raise InputError(f"not an address: {text!r}", hint="write 10.0.0.1 or 2001:db8::1") from error


def _network(text: str) -> None:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InputError(f"not a prefix: {text!r}", hint="write 2001:db8:1:200::/56") from error


def _end(text: str, *, any_port: bool = False) -> tuple[str, Any]:
    """``ADDRESS:PORT`` or ``[ADDRESS]:PORT``; with ``any_port`` the port may be left out."""
    address, colon, port = text.rpartition(":")
    try:
        if any_port and (not colon or (":" in address and not address.endswith("]"))):
            return str(ipaddress.ip_address(text.strip("[]"))), None
        found = str(ipaddress.ip_address(address.strip("[]")))
    except ValueError as error:
        hint = "write 192.0.2.1:2000 or [2001:db8::1]:2000"
        raise InputError(f"not an address and a port: {text!r}", hint=hint) from error
    if not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise InputError(f"not a port: {port!r}", hint="write 192.0.2.1:2000")
    return found, int(port)
