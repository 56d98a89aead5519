"""Who held a port at a moment, and how far the logs carry the answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import combinations

from orchestrator.logs.leases import SLACK
from orchestrator.model.port_block import Holding, Lease, Rung


def rung_of(one: Lease, at: datetime) -> Rung | None:
    """What the logs of one lease say of a moment; ``None`` when it was not held by it."""
    if one.created is None:
        held = at < one.last_log and (one.since is None or at >= one.since)
        return Rung.LIKELY if held else None
    if at < one.created:
        # The stamp of an ALLOC is read a little after the block was made.
        return Rung.LIKELY if not one.exact and at >= one.created - SLACK else None
    if one.released is not None:
        return Rung.CERTAIN if at < one.released else None
    if at <= one.last_log:
        return Rung.CERTAIN
    return Rung.LIKELY if one.until is None or at < one.until else None


def holding(external: str, port: int, at: datetime, leases: Iterable[Lease]) -> Holding:
    """The answer from all leases of blocks that hold the port."""
    known = sorted(leases, key=lambda one: one.created or one.first_log)
    held = [(rung, one) for one in known if (rung := rung_of(one, at))]
    if not held:
        return _gap(external, port, at, known)
    texts = {one.subscribers for _, one in held}
    disputed = [one for _, one in held if _disagrees(one)]
    if disputed or len({one.device for _, one in held}) > 1 or len(texts) > 1:
        several = tuple(one for _, one in held)
        return Holding(external=external, port=port, at=at, rung=Rung.CONFLICT, why=_quarrel(several), leases=several)
    rung = Rung.CERTAIN if any(rung is Rung.CERTAIN for rung, _ in held) else Rung.LIKELY
    one = next(one for found, one in held if found is rung)
    return Holding(
        external=external,
        port=port,
        at=at,
        rung=rung,
        why=_why(one, rung, at),
        subscriber=one.subscriber,
        leases=(one,),
    )


def _disagrees(one: Lease) -> bool:
    """Two IPv4 subscribers of one creation; IPv6 texts differ for softwires before 19.3R1."""
    return any(":" not in first or ":" not in second for first, second in combinations(one.subscribers, 2))


def _quarrel(several: tuple[Lease, ...]) -> str:
    names = sorted({one.subscriber for one in several})
    devices = sorted({one.device or "no name" for one in several})
    if len(devices) > 1:
        return f"{len(devices)} devices ({', '.join(devices)}) gave this block out at once: name one with --device"
    return f"the logs name {' and '.join(names)} at once: a wrong time zone, a clock, or two devices under one name"


def _why(one: Lease, rung: Rung, at: datetime) -> str:
    if len(one.subscribers) > 1:
        note = "; the text of the B4 address differs between its logs, as it did before 19.3R1"
    else:
        note = ""
    if rung is Rung.CERTAIN:
        return f"{one.evidence()}{note}"
    if one.created is None:
        left = "only the RELEASE is left" if one.released else "only logs that name no creation are left"
        return f"{left}; the begin of the lease is not known{note}"
    if at < one.created:
        return f"within {SLACK.seconds} s before the stamp of the ALLOC, which is read after the block was made{note}"
    again = f"until {one.until:%Y-%m-%d %H:%M:%S}Z, when the block was given out again" if one.until else ""
    end = again or "with no end known"
    return f"{one.evidence()}; last log {one.last_log:%Y-%m-%d %H:%M:%S}Z, {end}; an idle block writes no log{note}"


def _gap(external: str, port: int, at: datetime, known: list[Lease]) -> Holding:
    before = [one for one in known if (one.released or one.last_log) <= at]
    after = [one for one in known if (one.created or one.first_log) > at]
    near = (*before[-1:], *after[:1])
    why = "no log speaks of this port" if not known else "no lease that the logs know covers the moment"
    return Holding(external=external, port=port, at=at, rung=Rung.GAP, why=why, leases=near)
