"""The governor: a capture must not become the outage.

Figures and where they come from: routing-engine CPU (``get-route-engine-information``), services CPU and session table
(``get-performance-summary-information``), free space of ``/var`` (``get-system-storage``). What a device does not offer
is said to be not guarded, never taken for good.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from pydantic import Field, ValidationError

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import system
from orchestrator.errors import CommandError, InventoryError, ParseError, RefusedError
from orchestrator.model.arguments import Arguments
from orchestrator.model.device import Device
from orchestrator.model.quantities import human_size
from orchestrator.playbook.fields import Duration, SizeBytes

GIGABYTE = 1024**3
FULL_BYTES = 1024**2
Percent = Annotated[int, Field(ge=1, le=100)]


class Limits(Arguments):
    """Above one of these a capture does not start, and a running one is stopped within one interval."""

    cpu: Percent = Field(default=90, description="routing-engine CPU, per cent")
    flow_cpu: Percent = Field(default=85, description="CPU of any services unit, per cent")
    sessions: Percent = Field(default=90, description="fill of the session table, per cent")
    var_free: SizeBytes = Field(default=200 * 1024**2, description="space left on /var besides the capture")
    disk: SizeBytes = Field(default=GIGABYTE, description="most a capture may take: size times files")
    every: Duration = Field(default=timedelta(seconds=5), description="time between two looks", ge=timedelta(seconds=1))


def under_device(limits: Limits, device: Device) -> Limits:
    """The playbook's limits, under those the inventory sets for the device: the stricter of each counts.

    Raises:
        InventoryError: the inventory's are no limits.
    """
    own = device.data.get("limits")
    if own is None:
        return limits
    try:
        given = Limits.model_validate(own)
    except ValidationError as error:
        raise InventoryError(
            f"{device.name}: limits: {error.errors()[0]['msg']}", hint="see inventory/README.md"
        ) from error
    loosest = {"var_free"}
    return Limits(
        **{
            name: (max if name in loosest else min)(getattr(limits, name), getattr(given, name))
            for name in Limits.model_fields
        }
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a device: each figure with its name and limit; ``over`` are those beyond it."""

    figures: tuple[tuple[str, float, float], ...]
    unguarded: tuple[str, ...] = ()

    @property
    def over(self) -> list[str]:
        """What is beyond its limit, in words."""
        return [f"{name} is {value:g} % (limit {limit:g} %)" for name, value, limit in self.figures if value > limit]


@dataclass(slots=True)
class Governor:
    """The limits of one capture on one device."""

    limits: Limits
    driver: Driver
    needs_bytes: int
    _free: int | None = field(default=None, init=False)

    def admit(self) -> Reading:
        """Look before the capture.

        Raises:
            RefusedError: a figure is beyond its limit, or the capture does not fit on the disk.
        """
        if self.needs_bytes > self.limits.disk:
            raise self._refused(
                f"the capture may take {human_size(self.needs_bytes)} on the device, the limit is "
                f"{human_size(self.limits.disk)}"
            )
        reading = self.look()
        if reading.over:
            raise self._refused("; ".join(reading.over))
        free = self._free_bytes()
        if free is not None and free < self.needs_bytes + self.limits.var_free:
            raise self._refused(
                f"/var has {human_size(free)} free; the capture may take {human_size(self.needs_bytes)} and "
                f"{human_size(self.limits.var_free)} must stay"
            )
        if free is None:
            reading = Reading(reading.figures, (*reading.unguarded, "free space of /var"))
        return reading

    def look(self) -> Reading:
        """Look at the load."""
        figures: list[tuple[str, float, float]] = []
        unguarded: list[str] = []
        for name, read in (("routing-engine CPU", self._engines), ("services CPU and sessions", self._units)):
            try:
                found = read()
            except (CommandError, ParseError):
                found = []
            figures += found
            if not found:
                unguarded.append(name)
        return Reading(tuple(figures), tuple(unguarded))

    def _engines(self) -> list[tuple[str, float, float]]:
        return [
            (f"CPU of {engine.node or 'the routing engine'}", 100 - engine.cpu_idle, self.limits.cpu)
            for engine in system.route_engines(self.driver)
            if engine.cpu_idle is not None
        ]

    def _units(self) -> list[tuple[str, float, float]]:
        found: list[tuple[str, float, float]] = []
        for unit in system.flow_load(self.driver):
            where = f"{unit.node} {unit.unit}".strip()
            if unit.cpu is not None:
                found.append((f"services CPU of {where}", unit.cpu, self.limits.flow_cpu))
            if unit.sessions is not None and unit.max_sessions:
                fill = round(100 * unit.sessions / unit.max_sessions, 1)
                found.append((f"session table of {where}", fill, self.limits.sessions))
        return found

    def disk_is_full(self) -> bool:
        """Whether ``/var`` has no room left; false when the device does not show it."""
        free = self._free_bytes()
        return free is not None and free < FULL_BYTES

    def _free_bytes(self) -> int | None:
        """Free space where ``/var`` lies: the filesystem with the longest matching mount point, on the fullest node."""
        try:
            filesystems = system.storage(self.driver)
        except (CommandError, ParseError):
            return None
        free: dict[str, tuple[int, int]] = {}
        for one in filesystems:
            mount = one.mounted_on.removeprefix("/.mount") or "/"
            if one.available_bytes is not None and (mount == "/var/log" or "/var/log".startswith(_folder(mount))):
                free[one.node] = max(free.get(one.node, (0, 0)), (len(mount), one.available_bytes))
        return min((available for _, available in free.values()), default=None)

    def _refused(self, why: str) -> RefusedError:
        return RefusedError(
            why, device=self.driver.device.name,
            hint="wait until the device is quieter, narrow the capture, or raise its 'limits'",
        )  # fmt: skip


def _folder(mount: str) -> str:
    return mount if mount.endswith("/") else f"{mount}/"
