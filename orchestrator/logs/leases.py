"""Rows of a block to leases: creations that differ by seconds, releases without a creation, ends that were lost.

Facts: the hexadecimal creation and the stamp of ALLOC may differ by a couple of seconds; the text of a B4 address may
differ between the logs of one lease, so rows belong together by address, ports and creation; RELEASE of an SRX and of
the microkernel names no creation; idle blocks write no interim log, so silence is no release.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block import Lease, canonical

SLACK = timedelta(seconds=5)  # between the two clocks of one device


@dataclass(slots=True, kw_only=True)
class Row:
    """One row of the table; times are seconds since 1970, UTC."""

    device: str
    scope: str
    external: str
    low: int
    high: int
    subscriber: str
    created: int | None
    exact: bool
    allocated: bool
    first_log: int
    last_log: int
    released: int | None
    day: date
    hours: int
    lines: tuple[Line, ...] = field(default=())


def leases_of(rows: Iterable[Row]) -> list[Lease]:
    """The leases of any rows, by device, block and time."""
    blocks: dict[tuple[str, str, int, int], list[Row]] = {}
    for row in rows:
        blocks.setdefault((row.device, row.external, row.low, row.high), []).append(row)
    return [lease for _, group in sorted(blocks.items()) for lease in _of_block(group)]


def _of_block(rows: list[Row]) -> Iterator[Lease]:
    known = [one for group in _by_creation(rows) if (one := _lease(group))]
    known.sort(key=lambda one: (one.created or one.first_log, one.first_log))
    for row in sorted((row for row in rows if row.created is None), key=lambda row: row.last_log):
        _give(known, row)
    known.sort(key=_order)
    for one, following in zip(known, [*known[1:], None], strict=True):
        until = None if one.released or following is None else (following.created or following.last_log)
        yield replace(one, until=until) if until else one


def _order(one: Lease) -> datetime:
    return one.created or one.first_log


def _by_creation(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows of one creation. An ALLOC whose stamp is all there is joins the exact creation that is within the slack."""
    exact: dict[int, list[Row]] = {}
    stamped: dict[int, list[Row]] = {}
    for row in rows:
        if row.created is not None:
            (exact if row.exact else stamped).setdefault(row.created, []).append(row)
    for created, group in stamped.items():
        near = min(exact, key=lambda other: abs(other - created), default=None)
        if near is not None and abs(near - created) <= SLACK.total_seconds():
            exact[near].extend(group)
        else:
            yield group
    yield from exact.values()


def _lease(rows: list[Row]) -> Lease | None:
    released = [row.released for row in rows if row.released is not None]
    exact = [row.created for row in rows if row.exact and row.created is not None]
    created = exact[0] if exact else rows[0].created
    first = rows[0]
    return Lease(
        device=first.device, scope=max(row.scope for row in rows), external=canonical(first.external), low=first.low,
        high=first.high, subscribers=_subscribers(rows), created=_time(created), exact=bool(exact),
        allocated=any(row.allocated for row in rows), first_log=_sure(min(row.first_log for row in rows)),
        last_log=_sure(max(row.last_log for row in rows)), released=_time(max(released, default=None)),
        logged_hours=tuple(sorted({hour for row in rows for hour in _hours(row)})),
        lines=tuple(dict.fromkeys(line for row in sorted(rows, key=lambda row: row.first_log) for line in row.lines)),
    )  # fmt: skip


def _give(known: list[Lease], row: Row) -> None:
    """Give logs that name no creation to the lease they are of; without one it is a lease whose begin is lost.

    A RELEASE ends the lease, an interim log shows that it went on.
    """
    released = _time(row.released)
    at = _sure(row.last_log)
    before = [n for n, one in enumerate(known) if one.created and one.created <= at + SLACK]
    last = max(before, key=lambda n: (known[n].created, n), default=None)
    if last is not None:
        one = known[last]
        if one.released is None and one.last_log <= at + SLACK and _same(one, row.subscriber):
            known[last] = replace(
                one, released=released, paired=released is not None, last_log=max(one.last_log, at),
                lines=(*one.lines, *row.lines),
                logged_hours=tuple(sorted({*one.logged_hours, *_hours(row)})),
            )  # fmt: skip
            return
    since = known[last].released or known[last].last_log if last is not None else None
    known.append(Lease(
        device=row.device, scope=row.scope, external=canonical(row.external), low=row.low, high=row.high,
        subscribers=(canonical(row.subscriber),), created=None, exact=False, allocated=False,
        first_log=_sure(row.first_log), last_log=at, released=released, since=since,
        logged_hours=tuple(_hours(row)), lines=row.lines,
    ))  # fmt: skip


def _same(one: Lease, subscriber: str) -> bool:
    """Whether a RELEASE can be of the lease: the same text, or two texts of one softwire."""
    text = canonical(subscriber)
    return text in one.subscribers or all(":" in other and _one_softwire(other, text) for other in one.subscribers)


def _one_softwire(one: str, other: str) -> bool:
    """Whether one text is a prefix that holds the other (from 19.3R1); two plain addresses are never taken for it."""
    if ("/" in one) == ("/" in other):
        return False
    wide, narrow = (one, other) if "/" in one else (other, one)
    return ipaddress.ip_address(narrow) in ipaddress.ip_network(wide)


def _subscribers(rows: list[Row]) -> tuple[str, ...]:
    texts = dict.fromkeys(canonical(row.subscriber) for row in sorted(rows, key=lambda row: row.first_log))
    wide = [text for text in texts if "/" in text]
    return tuple(text for text in texts if not any(text != other and _one_softwire(other, text) for other in wide))


def _hours(row: Row) -> Iterator[datetime]:
    begin = datetime(row.day.year, row.day.month, row.day.day, tzinfo=UTC)
    return (begin + timedelta(hours=hour) for hour in range(24) if row.hours >> hour & 1)


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else _sure(seconds)


def _sure(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
