"""R8: a log line of the card is seen when system, service set and rule all log; this names the one that does not."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.stateful_firewall import ServiceSetLogging, ServicesLogging
from orchestrator.model.verdict import Finding

LOCAL = "local"


def look(case: AlgCase) -> Iterator[Finding]:
    """Levels at which logging is missing, for the service sets that have conversations, else for all."""
    if case.logging is None:
        return
    used = {one.service_set for one in case.conversations or ()}
    sets = [one for one in case.logging.service_sets if not used or one.name in used]
    if any(LOCAL in one.hosts or not one.hosts for one in sets):
        yield from _system(case.logging)
    for one in sets:
        if not one.hosts:
            yield _missing(
                f"service set {one.name}",
                f"services service-set {one.name} has no syslog host that takes services",
                f"services service-set {one.name} syslog host local services any",
            )
        yield from _rules(case.logging, one)


def _system(logging: ServicesLogging) -> Iterator[Finding]:
    if logging.files:
        return
    others = f"; {', '.join(logging.other_files)} take other facilities only" if logging.other_files else ""
    yield _missing(
        "system",
        f"no log file of system syslog takes these lines{others}",
        "system syslog file NAME any any (or facility pfe, severity info)",
    )


def _rules(logging: ServicesLogging, one: ServiceSetLogging) -> Iterator[Finding]:
    silent = [term for term in logging.terms if term.rule in one.rules and not term.logs]
    if silent:
        names = ", ".join(f"rule {term.rule} term {term.term}" for term in silent)
        yield _missing(
            "rule",
            f"{names}: then has no syslog",
            "services stateful-firewall rule NAME term NAME then syslog",
        )


def _missing(level: str, saw: str, cure: str) -> Finding:
    return Finding(
        symptom=f"logging is missing at the level of the {level}",
        saw=saw,
        why="what happens to ALG flows is then not in the log: its silence proves nothing",
        next=f"with a change of your own: {cure}",
    )


def not_checked(case: AlgCase) -> Iterator[str]:
    """Why the levels could not be told."""
    if case.status is not None and case.conversations is None:
        return  # an SRX logs by policy
    if case.logging is None:
        yield "where the card logs: the configuration was not read"
    elif not case.logging.service_sets:
        yield "where the card logs: the configuration shows no service set to this user"
