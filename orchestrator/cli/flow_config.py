"""``show flow-config``: what is asked of the device, and how the answer reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from orchestrator.analysis.flow_settings import judged
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import (
    committed,
    flow_configuration,
    flow_session,
    log_configuration,
    policy,
    services,
)
from orchestrator.errors import CommandError, ParseError
from orchestrator.model.flow_settings import FlowSettings
from orchestrator.model.log_configuration import LogConfiguration
from orchestrator.model.policy import Policies

Given = TypeVar("Given")


def gather(driver: Driver) -> FlowSettings:
    """Read each part; what the login class may not read is told, and no failure."""
    silent: list[str] = []

    def given(what: str, ask: Callable[[], Given | None]) -> Given | None:
        try:
            found = ask()
        except (CommandError, ParseError) as error:
            silent.append(f"{what}: {error.message}")
            return None
        if found is None:
            silent.append(f"{what}: not readable for this user")
        return found

    read = FlowSettings(
        configuration=given("security flow", lambda: flow_configuration.flow_configuration(driver)),
        policies=given("security policies", lambda: _policies(driver)),
        logs=given("system syslog, security log", lambda: log_configuration.log_configuration(driver)),
        services=given("services", lambda: services.services(driver)),
    )
    summaries = given("session summary", lambda: flow_session.summary(driver))
    if read.configuration is not None and read.configuration.application_timeouts is None:
        silent.append("applications: not readable for this user")
    return replace(judged(read, summaries), not_readable=tuple(silent))


def _policies(driver: Driver) -> Policies | None:
    """A device leaves out what a class may not see: no policy at all is silence only for a class that would see it."""
    found = policy.policies(driver)
    return None if found is not None and not found.policies and not committed.sees(driver) else found


def lines(name: str, found: FlowSettings) -> Iterator[str]:
    """The answer as text: findings first, then the table."""
    looks, gaps = len(found.findings), len(found.not_readable)
    words = f"{looks} {'thing' if looks == 1 else 'things'} to look at" if looks else "nothing to look at"
    yield f"{name}: {words}{f', {gaps} not readable' if gaps else ''}"
    for number, one in enumerate(found.findings, 1):
        yield ""
        yield f"{number}. {one.symptom}{' (likely)' if one.soft else ''}"
        yield f"   saw:  {one.saw}"
        yield f"   why:  {one.why}"
        yield f"   next: {one.next}"
    if found.not_readable:
        yield ""
        yield "not readable:"
        yield from (f"   {each}" for each in found.not_readable)
    yield from _table(found)
    yield from _beside(found)


def _table(found: FlowSettings) -> Iterator[str]:
    if not found.settings:
        return
    width = max(len(one.statement) for one in found.settings)
    yield ""
    yield f"{'STATEMENT':<{width}}  {'CONFIGURED':<12}  {'IN EFFECT':<12}  MEANS"
    for one in found.settings:
        yield f"{one.statement:<{width}}  {one.configured or '-':<12}  {one.in_effect:<12}  {one.means}"
    for statement in found.configuration.unread if found.configuration else ():
        yield f"{statement}: not a value this program knows"


def _beside(found: FlowSettings) -> Iterator[str]:
    yield ""
    if found.policies is not None:
        logging = sum(one.logs for one in found.policies.policies)
        default = found.policies.default_action or "deny, as documented"
        yield f"policies: {len(found.policies.policies)}, {logging} of them log sessions; default {default}"
    if found.services is not None:
        yield f"services: {', '.join(found.services) or 'none'}"
    if found.logs is not None:
        yield f"session logs: {_where(found.logs)}"


def _where(logs: LogConfiguration) -> str:
    where = logs.session_logs
    mode = f"mode {logs.mode}" if logs.mode else "mode not configured, its default depends on the release"
    places = [*(f"file {name}" for name in where.files), *(f"collector {name}" for name in where.collectors)]
    return f"{', '.join(places) or 'nowhere'} ({mode})"
