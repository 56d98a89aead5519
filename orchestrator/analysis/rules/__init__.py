"""Symptoms, one a file: what each saw, why it follows, what to check next, and the lines that prove it.

A ``STOP`` is what ends packets, told by its wording in the sources. A ``look`` finds what else is worth knowing.
"""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.analysis.rules import (
    aged_out,
    alg,
    application_firewall,
    asymmetric_path,
    closed_early,
    drop_session,
    fragmentation,
    host_inbound,
    nat_address_changed,
    nat_failed,
    nat_missing,
    no_reply,
    no_route,
    not_listening,
    policy_denied,
    reroute_failed,
    screen,
    sequence_check,
    session_conflict,
    session_table_full,
    syn_check,
    time_to_live,
    trace_incomplete,
    unexplained,
    zone_invalid,
)
from orchestrator.analysis.rules.rule import Ends
from orchestrator.model.verdict import Finding

STOPS = (
    application_firewall.STOP,
    application_firewall.OTHERWISE,
    policy_denied.STOP,
    reroute_failed.STOP,
    no_route.STOP,
    host_inbound.STOP,
    syn_check.STOP,
    sequence_check.STOP,
    screen.STOP,
    nat_failed.STOP,
    zone_invalid.STOP,
    time_to_live.STOP,
    fragmentation.STOP,
    session_table_full.STOP,
    session_conflict.STOP,
)
LOOKS = (
    no_reply.look,
    not_listening.look,
    asymmetric_path.look,
    nat_missing.look,
    nat_address_changed.look,
    closed_early.look,
    aged_out.look,
    alg.look,
    trace_incomplete.look,
)


def stops(case: Case) -> list[Finding]:
    """What ended packets of a conversation, the most frequent first."""
    ends = Ends.of(case)
    found = [*(stop.look(case, ends) for stop in STOPS), drop_session.look(case), unexplained.look(case, ends)]
    return sorted((one for one in found if one is not None), key=lambda one: -one.packets)


def symptoms(case: Case) -> list[Finding]:
    """What else is worth knowing of it."""
    return [finding for look in LOOKS if (finding := look(case)) is not None]
