"""The device itself: who it is, who we are on it, and what proves that nobody committed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.forms import first_known
from orchestrator.errors import CommandError, ParseError
from orchestrator.model.system import (
    Authorization,
    CommitMark,
    Filesystem,
    FlowLoad,
    FlowStatus,
    RouteEngine,
    SystemInformation,
    Uptime,
)
from orchestrator.parsers import system


def information(driver: Driver) -> tuple[SystemInformation, ...]:
    """Name, model and release, one entry a node; never PyEZ's facts, which are slow and wrong on clusters."""
    forms: dict[str, Callable[[], tuple[SystemInformation, ...]]] = {
        "get-system-information": lambda: system.system_information(driver.rpc(Rpc("get-system-information")).root),
        "get-software-information": lambda: system.software_information(
            driver.rpc(Rpc("get-software-information")).root
        ),
    }
    return first_known(driver, "information", forms)


def commit_mark(driver: Driver) -> CommitMark | None:
    """What names the last commit, by the best source the release offers and our class may see.

    Source of the order: YANG junos-es 24.4R1 and the documentation (``show system commit revision`` since 14.1).
    """
    attempts: tuple[Callable[[], CommitMark | None], ...] = (
        lambda: system.commit_revision(driver.rpc(Rpc("get-commit-revision-information", (("level", "detail"),))).root),
        lambda: system.commit_information(driver.rpc(Rpc("get-commit-information")).root),
        lambda: system.last_configured(driver.rpc(Rpc("get-system-uptime-information")).root),
    )
    for attempt in attempts:
        try:
            mark = attempt()
        except (CommandError, ParseError):
            continue
        if mark is not None:
            return mark
    return None


def uptime(driver: Driver) -> tuple[Uptime, ...]:
    """Times of every node: when it booted, when it was last configured, its clock."""
    return system.uptime(driver.rpc(Rpc("get-system-uptime-information")).root)


def clock(driver: Driver) -> datetime | None:
    """The device's clock in its own zone, ``None`` when it does not tell."""
    first = uptime(driver)[0]
    if first.current_seconds is None:
        return None
    moment = datetime.fromtimestamp(first.current_seconds, UTC)
    try:
        printed = datetime.strptime(first.current[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return moment
    minutes = round((printed - moment).total_seconds() / 60)
    return moment.astimezone(timezone(timedelta(minutes=minutes)))


def authorization(driver: Driver) -> Authorization | None:
    """Our login class and its permissions, ``None`` when the device does not tell."""
    try:
        return system.authorization(driver.rpc(Rpc("get-authorization-information")).root)
    except (CommandError, ParseError):
        return None


def flow_status(driver: Driver) -> tuple[FlowStatus, ...]:
    """Forwarding mode and the state of flow traceoptions, one entry a node."""
    return system.flow_status(driver.rpc(Rpc("get-flow-status-all")).root)


def storage(driver: Driver) -> tuple[Filesystem, ...]:
    """Filesystems of every node."""
    return system.storage(driver.rpc(Rpc("get-system-storage")).root)


def flow_load(driver: Driver) -> tuple[FlowLoad, ...]:
    """Load of every services unit: CPU and session table (``show security monitoring``)."""
    return system.performance(driver.rpc(Rpc("get-performance-summary-information")).root)


def route_engines(driver: Driver) -> tuple[RouteEngine, ...]:
    """Load of every routing engine."""
    return system.route_engine(driver.rpc(Rpc("get-route-engine-information")).root)
