"""R7: errors of each ALG between two readings; counters run since the last clear, so that one reading says little."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.flow_trace import Line
from orchestrator.model.stateful_firewall import FirewallStatistics
from orchestrator.model.verdict import Finding

GROUP = "alg-error-counters"


def pairs(case: AlgCase) -> Iterator[tuple[FirewallStatistics, FirewallStatistics]]:
    """The same service set before and after."""
    then = {(one.interface, one.service_set): one for one in case.earlier or ()}
    for now in case.statistics or ():
        before = then.get((now.interface, now.service_set))
        if before is not None:
            yield before, now


def look(case: AlgCase) -> Iterator[Finding]:
    """ALGs whose errors grew meanwhile, the one asked about first."""
    for before, now in pairs(case):
        grown = {
            name: (before.count(GROUP, name) or 0, count)
            for name, count in now.groups.get(GROUP, {}).items()
            if count > (before.count(GROUP, name) or 0)
        }
        for name in sorted(grown, key=lambda one: alg_name(one) != case.wanted):
            first, last = grown[name]
            yield Finding(
                symptom=f"{alg_name(name)} ALG errors grow",
                saw=f"service set {now.service_set}: {name} {first} -> {last} between the two readings",
                why="the ALG met packets of its protocol that it could not read or would not let pass",
                next="which session was it? look for the ALG's lines in the log, and capture the control connection",
                lines=(now.lines.get(name, Line("", 0, name)),),
                packets=last - first,
            )


def alg_name(counter: str) -> str:
    """``ftp`` of ``alg-ftp-errors``."""
    return counter.removeprefix("alg-").removesuffix("-errors")


def not_checked(case: AlgCase) -> Iterator[str]:
    """Why growth could not be told."""
    if case.statistics is None:
        yield "ALG errors: the counters were not read"
    elif case.earlier is None:
        yield "whether ALG errors grow: the counters were read once, and count since the last clear"
    for before, now in pairs(case):
        if any(count < (before.count(GROUP, name) or 0) for name, count in now.groups.get(GROUP, {}).items()):
            yield f"service set {now.service_set}: ALG errors were cleared between the two readings"
