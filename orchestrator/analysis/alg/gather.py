"""From saved output to a case: the same way for a run that just ended and for a ticket's attachments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.analysis.gather import Input
from orchestrator.errors import ParseError
from orchestrator.model.alg import AlgConversation, AlgStatus
from orchestrator.model.service_log import ServiceLog
from orchestrator.model.stateful_firewall import FirewallStatistics, ServiceConversation, ServiceFlowTable
from orchestrator.parsers import alg, service_log, services_logging, stateful_firewall
from orchestrator.parsers.xml_input import root_of

KINDS = ("alg", "stateful_firewall", "services_configuration", "service_log")
LOGS = ("service_log", "system_log")


def gather(files: Iterable[Input], wanted: str = "") -> AlgCase:
    """Read the files in order; of several readings of the counters the first is the earlier, the last the later.

    Raises:
        ParseError: a file is not of its kind.
    """
    case = AlgCase(wanted=wanted)
    for one in files:
        if one.kind == "stateful_firewall":
            case = _with_firewall(case, one)
        elif one.kind == "alg":
            case = _with_algs(case, one)
        elif one.kind == "services_configuration":
            case = replace(case, logging=services_logging.parse(root_of(one.source)))
        elif one.kind in LOGS:
            case = replace(case, logs=(*(case.logs or ()), *_lines(one)))
    return case


def _with_firewall(case: AlgCase, file: Input) -> AlgCase:
    records = list(stateful_firewall.parse(file.source))
    counters = tuple(one for one in records if isinstance(one, FirewallStatistics))
    talks = tuple(one for one in records if isinstance(one, ServiceConversation))
    if counters:
        case = replace(case, earlier=case.earlier or case.statistics, statistics=counters)
    if talks or not (counters or any(isinstance(one, ServiceFlowTable) for one in records)):
        case = replace(case, conversations=talks)
    return case


def _with_algs(case: AlgCase, file: Input) -> AlgCase:
    records = list(alg.parse(file.source))
    states = tuple(one for one in records if isinstance(one, AlgStatus))
    if states:
        return replace(case, status=states)
    return replace(case, sessions=tuple(one for one in records if isinstance(one, AlgConversation)))


def _lines(file: Input) -> list[ServiceLog]:
    """Lines of the card; a log of other daemons has none."""
    try:
        return list(service_log.parse(file.source))
    except ParseError:
        if file.kind == "service_log":
            raise
        return []
