"""The global session parameters of a device: what is configured, what holds where nothing is, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.flow_configuration import FlowConfiguration
from orchestrator.model.log_configuration import LogConfiguration
from orchestrator.model.policy import Policies
from orchestrator.model.verdict import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One statement below ``security flow``.

    ``configured`` is empty where the configuration is silent; ``in_effect`` is then the documented default, and empty
    where no document names one.
    """

    statement: str
    configured: str = ""
    in_effect: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSettings:
    """What was read; ``None`` for what the login class may not read. ``services`` are names of sections."""

    settings: tuple[Setting, ...] = ()
    configuration: FlowConfiguration | None = None
    policies: Policies | None = None
    logs: LogConfiguration | None = None
    services: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()
    not_readable: tuple[str, ...] = ()
