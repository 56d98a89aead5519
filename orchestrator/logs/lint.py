"""Whether interim logging will do what it is for: a log of every held block in every archive.

Facts for every rule: the documentation of interim logging; ranges of SPC3 from its block-allocation statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block_configuration import NatPool, PortBlockConfiguration, Setting
from orchestrator.model.verdict import Finding

LOWEST, HIGHEST = 1800, 86400
CARDS = ("ms-dpc", "ms-100", "ms-400", "ms-500", "ms-mpc", "ms-mic", "spc3")
_MICROKERNEL = CARDS[:4]
_PACKAGE = "jservices-nat"
NOTES = (
    "logs travel as clear text over UDP and may be lost: keep path and collector in a secured realm",
    "no timer writes interim logs: one comes with a packet after the interval; silence of an idle block is no release",
    "each interim log costs the fast path a little at the moment it is written",
    "a new interval takes effect on existing flows at once; nothing needs a restart",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the configuration does not say; ``None`` and empty are not known. Times are in seconds."""

    inactivity: int | None = None
    subscriber: int | None = None
    app: int | None = None
    eim: int | None = None
    archive_period: int | None = None
    card: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found, what could not be checked, and what is always worth knowing."""

    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    notes: tuple[str, ...] = NOTES


def lint(found: PortBlockConfiguration, told: Told) -> Lint:
    """Check one configuration or pool status."""
    missing: list[str] = []
    findings = [
        *_ranges(found), *_off(found), *_overridden(found), *_timeouts(found, told, missing),
        *_archive(found, told, missing), *_support(found, told, missing), *_logging(found, missing),
    ]  # fmt: skip
    return Lint(findings=tuple(findings), not_checked=tuple(missing))


def _intervals(found: PortBlockConfiguration) -> Iterator[tuple[str, Setting]]:
    """Every interval that is set, with whose it is."""
    for name, setting in found.interfaces.items():
        yield f"interface {name}", setting
    for pool in found.pools.values():
        if pool.interval:
            yield f"pool {pool.name}", pool.interval


def _ranges(found: PortBlockConfiguration) -> Iterator[Finding]:
    for whose, setting in _intervals(found):
        if setting.seconds != 0 and not LOWEST <= setting.seconds <= HIGHEST:
            yield _finding(
                "interval-out-of-range",
                f"{whose}: interim logging interval {setting.seconds} s",
                f"only 0 (off) and {LOWEST} to {HIGHEST} s can be configured",
                "set a value of this range",
                setting.line,
            )


def _off(found: PortBlockConfiguration) -> Iterator[Finding]:
    if found.pools and not any(pool.blocks for pool in found.pools.values()) and list(_intervals(found)):
        yield _finding(
            "no-block-pool", "an interval is set, and no pool has port-block allocation",
            "interim logs are written for pools with port-block allocation only",
            "configure secured-port-block-allocation, or block-allocation on SPC3 and SRX",
        )  # fmt: skip
    inherited = any(setting.seconds for setting in found.interfaces.values())
    for pool in found.pools.values():
        if pool.blocks and not (pool.interval.seconds if pool.interval else pool.family == "ms" and inherited):
            yield _finding(
                "interim-logging-off", f"pool {pool.name} has port blocks and no interim logging",
                "the default interval is 0, which writes no interim log: a lost ALLOC then hides the lease",
                f"set interim-logging-interval, {LOWEST} to {HIGHEST} s", pool.line,
            )  # fmt: skip


def _overridden(found: PortBlockConfiguration) -> Iterator[Finding]:
    for pool in found.pools.values():
        for name, setting in found.interfaces.items():
            if pool.family == "ms" and pool.interval and pool.interval.seconds != setting.seconds:
                yield _finding(
                    "pool-overrides-interface",
                    f"pool {pool.name} says {pool.interval.seconds} s, interface {name} {setting.seconds} s",
                    "the interval of the pool is the one that counts for its blocks", "keep one of them, or mean both",
                    pool.interval.line, setting.line,
                )  # fmt: skip


def _timeouts(found: PortBlockConfiguration, told: Told, missing: list[str]) -> Iterator[Finding]:
    idle = max((one.seconds for one in found.inactivity.values()), default=told.inactivity)
    limits = [("inactivity timeout", idle), ("subscriber timeout", told.subscriber)]
    if found.endpoint_independent or told.eim is not None:
        both = told.app + told.eim if told.app is not None and told.eim is not None else None
        limits.append(("sum of the address-pooling-paired and endpoint-independent-mapping timeouts", both))
    missing += [f"interval against the {name}: the {name} is not known" for name, limit in limits if limit is None]
    for whose, setting in _intervals(found):
        for name, limit in limits:
            if limit is not None and 0 < setting.seconds <= limit:
                yield _finding(
                    "interval-below-timeout", f"{whose}: interval {setting.seconds} s, {name} {limit} s",
                    "while the flow or subscriber times out no packet comes, so the log that is due is not written",
                    f"set an interval above {limit} s", setting.line,
                )  # fmt: skip


def _archive(found: PortBlockConfiguration, told: Told, missing: list[str]) -> Iterator[Finding]:
    if told.archive_period is None:
        missing.append("interval against the archive period: it is not known (--archive-period)")
        return
    for whose, setting in _intervals(found):
        if setting.seconds > told.archive_period:
            yield _finding(
                "interval-above-archive-period",
                f"{whose}: interval {setting.seconds} s, archive period {told.archive_period} s",
                "an archive may then hold no log of a block that was in use all through it",
                f"set an interval of at most {told.archive_period} s, or archive less often", setting.line,
            )  # fmt: skip


def _support(found: PortBlockConfiguration, told: Told, missing: list[str]) -> Iterator[Finding]:
    if not told.card:
        missing.append("whether the card takes these statements: it is not known (--card)")
    if not told.release:
        missing.append("whether the release takes these statements: it is not known (--release)")
    yield from _taken(found, told)
    if told.card in _MICROKERNEL or told.card == "spc3" or found.from_status:
        return
    if found.packages is None:
        missing.append(f"whether the package {_PACKAGE} is loaded: no extension-provider section was read")
    elif _PACKAGE not in found.packages:
        yield _finding(
            "package-missing", f"extension-provider packages: {', '.join(found.packages) or 'none'}",
            f"the member interfaces need {_PACKAGE} for address translation", f"configure the package {_PACKAGE}",
        )  # fmt: skip


def _taken(found: PortBlockConfiguration, told: Told) -> Iterator[Finding]:
    """Statements that the card, or its release, does not take."""
    by_pool = next((pool for pool in found.pools.values() if pool.family == "ms" and pool.interval), None)
    of_extension = told.card in ("ms-mpc", "ms-mic")
    if by_pool and told.card in _MICROKERNEL:
        yield _unsupported(by_pool, "an interval of a pool is taken by MS-MPC and MS-MIC only, from 15.1R1")
    if by_pool and of_extension and _older(told.release, "15.1R1"):
        yield _unsupported(by_pool, "an interval of a pool is taken from 15.1R1")
    if found.interfaces and of_extension and _older(told.release, "14.2R2"):
        yield _unsupported(None, "an interval of an interface is taken by this card from 14.2R2")
    if told.card == "spc3" and _older(told.release, "19.3R2"):
        yield _unsupported(None, "an interval of a block allocation is taken by SPC3 from 19.3R2")


def _logging(found: PortBlockConfiguration, missing: list[str]) -> Iterator[Finding]:
    if found.system_syslog is None:
        missing.append("whether syslog is enabled at [edit system]: the section was not read")
    elif not found.system_syslog:
        yield _finding(
            "system-syslog-off", "[edit system] has no syslog file or host",
            "interim logs are not written while the system records no syslog", "configure [edit system syslog]",
        )  # fmt: skip
    if not found.rules and not found.from_status:
        missing.append("whether syslog is enabled in the NAT rules: no rule with a term was read")
    for name, logs in found.rules.items():
        if not logs:
            yield _finding(
                "rule-syslog-off", f"rule {name} has no syslog in its then", "the rule of the pool must log too",
                "add syslog to the then of the term",
            )  # fmt: skip


def _unsupported(pool: NatPool | None, why: str) -> Finding:
    line = pool.interval.line if pool and pool.interval else None
    return _finding("not-supported-here", "the statement is configured", why, "use the level the platform takes", line)


def _older(release: str, than: str) -> bool:
    return bool(release) and _key(release) < _key(than)


def _key(release: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)(?:[A-Z](\d+))?", release)
    return tuple(int(part or 0) for part in found.groups()) if found else (0,)


def _finding(symptom: str, saw: str, why: str, do: str, *lines: Line | None) -> Finding:
    return Finding(symptom=symptom, saw=saw, why=why, next=do, lines=tuple(line for line in lines if line))
