"""Blocks that were held through an archive period in which none of their logs arrived (the purpose of interim logging).

A lease is looked at between its creation and its last log or release: what comes after is not known to be held.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

from orchestrator.errors import InputError
from orchestrator.logs.ask import Index
from orchestrator.logs.leases import leases_of
from orchestrator.model.port_block import Lease, SilentPeriod

_HOUR = timedelta(hours=1)
# Blocks of which a creation has fewer hours with a log than hours between creation and last log, or none known.
_MAY_HAVE_A_GAP = """(external, low) IN (
  SELECT (external, low) FROM {table} GROUP BY external, low, high, device, first_log - first_after_created
  HAVING bool_or(first_after_created IS NULL) OR sum(bit_count(hours)) <
    max(first_log::BIGINT + last_after_first) // 3600 - min(first_log - first_after_created) // 3600 + 1)"""


def gaps(
    index: Index, period: timedelta, begin: datetime | None = None, end: datetime | None = None
) -> Iterator[SilentPeriod]:
    """Yield the silent periods by block and time; periods are counted from midnight UTC.

    Raises:
        InputError: the period is no whole number of hours that divides a day.
    """
    if period < _HOUR or period % _HOUR or timedelta(days=1) % period:
        raise InputError(
            "an archive period is 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h", hint="the index knows hours with a log"
        )
    rows = index.rows(_MAY_HAVE_A_GAP.format(table=index.table("leases")), [], "ORDER BY external, low, high, device")
    for _, block in groupby(rows, key=lambda row: (row.external, row.low, row.high, row.device)):
        for lease in leases_of(block):
            yield from _of_lease(lease, period, begin, end)


def _of_lease(lease: Lease, period: timedelta, begin: datetime | None, end: datetime | None) -> Iterator[SilentPeriod]:
    if lease.created is None:
        return
    logged = {_floor(hour, period) for hour in lease.logged_hours}
    at = _floor(lease.created, period)
    last = max(lease.last_log, lease.released or lease.last_log)
    while at <= last:
        inside = (begin is None or at >= begin) and (end is None or at + period <= end)
        if at not in logged and inside:
            yield SilentPeriod(lease=lease, begin=at, end=at + period)
        at += period


def _floor(moment: datetime, period: timedelta) -> datetime:
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return midnight + (moment - midnight) // period * period
