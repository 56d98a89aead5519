"""One session table: how full, whether it ages aggressively, what failed and what lingers.

The watermarks are those of the documentation: aggressive ageing begins when the table *exceeds* the high one and ends
when it *dips below* the low one, so that exactly at either nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.flow_configuration import EARLY_AGEOUT_SECONDS, FlowConfiguration
from orchestrator.model.session_health import TableUse
from orchestrator.model.verdict import Finding

# Ours, no device says so: from where a table is worth a look, and how near the watermark it is.
NEARLY_FULL_PERCENT = 80
NEAR_WATERMARK_POINTS = 5
MANY_INVALIDATED = 100
INVALIDATED_PERCENT = 25


def findings(table: TableUse, configuration: FlowConfiguration | None, early: int | None) -> Iterator[Finding]:
    """Judge one table; ``early`` is how many sessions aggressive ageing would take, ``None`` when not counted."""
    if table.active is not None and table.maximum:
        yield from _fill(table, configuration)
        if configuration is not None:
            yield from _ageing(table, configuration, early)
    yield from _failed(table)
    yield from _invalidated(table)


def _reaches(table: TableUse, percent: int) -> bool:
    """Whether at least so much of the table is in use, in whole numbers: no rounding at the mark."""
    assert table.active is not None
    assert table.maximum
    return table.active * 100 >= percent * table.maximum


def _exceeds(table: TableUse, percent: int) -> bool:
    assert table.active is not None
    assert table.maximum
    return table.active * 100 > percent * table.maximum


def _use(table: TableUse) -> str:
    return f"{table.where}: {table.active} of {table.maximum} sessions in use ({table.used_percent:.1f} %)"


def _fill(table: TableUse, configuration: FlowConfiguration | None) -> Iterator[Finding]:
    full = _reaches(table, 100)
    what, why = _relief(configuration)
    if not full and not (what and _reaches(table, NEARLY_FULL_PERCENT)):
        return  # what the watermarks do is said there
    rejected = "new sessions are rejected until others end" if full else "when it is full new sessions are rejected"
    yield Finding(
        symptom=f"session table {'full' if full else 'nearly full'}{what}",
        saw=_use(table),
        why=f"{rejected}; {why}" if why else rejected,
        next="who has most of them? show sessions, by source and by destination; clear sessions ends what is named; "
        "security flow aging makes room by itself",
    )


def _relief(configuration: FlowConfiguration | None) -> tuple[str, str]:
    """What is missing to make room in a full table, and why; both empty when nothing is."""
    if configuration is None or any(each.startswith("flow aging") for each in configuration.unread):
        return ", ageing not checked", "whether it ages aggressively before that was not checked"
    high, early = configuration.aging.high_watermark, configuration.aging.early_ageout
    if high is None:
        why = "no high-watermark is configured, and the documented default is 100 %: aggressive ageing never begins"
        return ", and nothing makes room", why if early is None else f"{why}, early-ageout {early} or not"
    if early is None:
        why = f"above {high} % only sessions with less than the documented {EARLY_AGEOUT_SECONDS} s left are taken"
        return " without early-ageout", f"{why}: it may not be enough"
    return "", ""


def _ageing(table: TableUse, configuration: FlowConfiguration, early: int | None) -> Iterator[Finding]:
    high, low = configuration.aging.high_watermark, configuration.aging.low_watermark
    if high is None:
        return
    marks = f"high-watermark {high} %, low-watermark {'not configured' if low is None else f'{low} %'}"
    documented = "" if configuration.aging.early_ageout is not None else "the documented "
    taken = f"sessions with less than {documented}{configuration.early_ageout} s left"
    now = "" if early is None else f"; {early} sessions of the list have less"
    between = low is not None and low < high and _reaches(table, low)
    if _exceeds(table, high):
        symptom, why = "aggressive ageing is active", f"above the high-watermark {taken} are marked invalid{now}"
    elif _reaches(table, high - NEAR_WATERMARK_POINTS):
        symptom = "aggressive ageing is about to begin"
        why = f"above the high-watermark {taken} will be marked invalid{now}"
        if between:
            why += "; it goes on still if the table was above before and never below the low-watermark since"
    elif between:
        symptom = "table between the watermarks"
        why = f"if it was above the high-watermark before, {taken} are still marked invalid; one look cannot tell{now}"
    else:
        return
    yield Finding(
        symptom=symptom, saw=f"{_use(table)}; {marks}", why=why,
        next="does it rise or fall? look again in a minute; who has most of the sessions?",
    )  # fmt: skip


def _failed(table: TableUse) -> Iterator[Finding]:
    if not table.failed:
        return
    yield Finding(
        symptom="failed sessions",
        saw=f"{table.where}: {table.failed} failed sessions",
        why="the device could not make a session it wanted to make: no room in the table, no address or port of a NAT "
        "pool, or a limit. It is a total, and says not when",
        next="look again in a minute: does it grow? then compare use of the table and of the NAT pools",
        soft=True,
        packets=table.failed,
    )


def _invalidated(table: TableUse) -> Iterator[Finding]:
    gone, active = table.invalidated, table.active
    if gone is None or not active or gone < MANY_INVALIDATED or gone * 100 < INVALIDATED_PERCENT * active:
        return
    yield Finding(
        symptom="many invalidated sessions",
        saw=f"{table.where}: {gone} of {active} sessions in use are invalidated",
        why="a session that ended stays in the table for some seconds (4 to 20): so many ended just now, by short "
        "connections, resets, a clear or aggressive ageing",
        next="show log DEVICE messages: the reasons of RT_FLOW_SESSION_CLOSE tell which",
        packets=gone,
    )
