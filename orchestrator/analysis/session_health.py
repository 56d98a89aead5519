"""Is the session table in trouble, and what is about to go wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.analysis import session_health_table
from orchestrator.analysis.session_census import HANDSHAKE_SECONDS, Census
from orchestrator.model import protocols
from orchestrator.model.flow_configuration import (
    EARLY_AGEOUT_SECONDS,
    TCP_INITIAL_TIMEOUT_SECONDS,
    TCP_TIMEOUT_SECONDS,
    UDP_TIMEOUT_SECONDS,
    FlowConfiguration,
)
from orchestrator.model.flow_session import FlowSession, SessionSummary
from orchestrator.model.session_health import Health, SourceUse, TableUse, TimeoutUse
from orchestrator.model.verdict import Finding

_DOCUMENTED = {6: TCP_TIMEOUT_SECONDS, 17: UDP_TIMEOUT_SECONDS}
_SHOWN = 5  # timeouts named in one finding, and addresses


def health(
    summaries: Sequence[SessionSummary],
    sessions: Iterable[FlowSession] | None,
    configuration: FlowConfiguration | None,
    *,
    nodes: Sequence[str] = (),
) -> Health:
    """Judge the session table; ``sessions`` is walked once and not kept.

    ``None`` for what the device or the login class did not give. ``nodes`` are those that should have answered.
    """
    tables = tuple(_table(each) for each in summaries)
    census = _census(sessions, configuration)
    timeouts = tuple(_timeouts(census, configuration)) if census else ()
    early = census.counts().early if census else None
    findings = [each for table in tables for each in session_health_table.findings(table, configuration, early)]
    if census is not None:
        findings += _unfinished(census)
    if configuration is not None:
        findings += _checks_off(configuration)
        findings += _mss(configuration, census.tunnels if census else set())
    return Health(
        tables=tables,
        sessions=census.counts() if census else None,
        sources=_sources(census) if census else (),
        timeouts=timeouts,
        findings=(*findings, *_odd_timeouts(timeouts)),
        not_checked=(*_untold(tables, nodes), *_unlisted(tables, census), *_unread(configuration, timeouts)),
        configuration=configuration,
    )


def _table(summary: SessionSummary) -> TableUse:
    said = summary.counters.get
    return TableUse(
        node=summary.node,
        fpc_pic=summary.fpc_pic,
        active=said("active-sessions"),
        maximum=said("max-sessions"),
        valid=said("active-session-valid"),
        pending=said("active-session-pending"),
        invalidated=said("active-session-invalidated"),
        failed=said("failed-sessions"),
    )


def _census(sessions: Iterable[FlowSession] | None, configuration: FlowConfiguration | None) -> Census | None:
    if sessions is None:
        return None
    census = Census(
        initial=configuration.tcp_initial_timeout if configuration else TCP_INITIAL_TIMEOUT_SECONDS,
        early=configuration.early_ageout if configuration else EARLY_AGEOUT_SECONDS,
    )
    for session in sessions:
        census.take(session)
    return census


def _sources(census: Census) -> tuple[SourceUse, ...]:
    return tuple(SourceUse(address=address, sessions=count) for address, count in census.sources.most_common(_SHOWN))


def _timeouts(census: Census, configuration: FlowConfiguration | None) -> Iterator[TimeoutUse]:
    """The most frequent first."""
    known = configuration.application_timeouts if configuration else None
    for (application, protocol, seconds), count in census.timeouts.most_common():
        configured = None if known is None else any(
            (each.application, each.seconds) == (application, seconds) for each in known
        )  # fmt: skip
        yield TimeoutUse(
            application=application, protocol=protocol, seconds=seconds, sessions=count,
            documented=_DOCUMENTED.get(protocol), configured=configured,
        )  # fmt: skip


def _unfinished(census: Census) -> Iterator[Finding]:
    counts = census.counts()
    if not counts.unfinished:
        return
    [(target, most)] = census.targets.most_common(1)
    yield Finding(
        symptom="TCP sessions stuck in the initial timeout",
        saw=f"{counts.unfinished} of {counts.tcp} TCP sessions had no complete handshake after {HANDSHAKE_SECONDS} s; "
        f"{most} of them to {target}",
        why=f"the server is silent, its answers take another way, or somebody floods: each takes a place in the table "
        f"for {census.initial} s after its last packet",
        next=f"does {target} listen and answer, and does the answer come back through this device? of one source and "
        "many: a SYN flood, look at the screens",
        packets=counts.unfinished,
    )


def _checks_off(configuration: FlowConfiguration) -> Iterator[Finding]:
    tcp = configuration.tcp_session
    if tcp.no_syn_check or tcp.no_syn_check_in_tunnel:
        said = [name for name, on in (("no-syn-check", tcp.no_syn_check),
                                      ("no-syn-check-in-tunnel", tcp.no_syn_check_in_tunnel)) if on]  # fmt: skip
        yield Finding(
            symptom="SYN check is off",
            saw=f"security flow tcp-session {', '.join(said)}",
            why="any TCP packet may make a session: after a failover or on an asymmetric path that is wanted, else it "
            "lets scans and stray packets fill the table",
            next="is it there on purpose? strict-syn-check and the way of the packets are what it usually hides",
        )
    if tcp.no_sequence_check:
        yield Finding(
            symptom="sequence check is off",
            saw="security flow tcp-session no-sequence-check",
            why="packets outside of the TCP window pass, forged ones too",
            next="is it there on purpose, for an asymmetric path or a peer that breaks the window?",
        )


def _mss(configuration: FlowConfiguration, tunnels: set[str]) -> Iterator[Finding]:
    mss = configuration.tcp_mss
    missing = {
        "ipsec": (mss.ipsec_vpn, mss.all_tcp),
        "gre": (mss.gre_in, mss.gre_out, mss.all_tcp),
    }
    if any("tcp-mss" in statement for statement in configuration.unread):
        return
    for kind in sorted(tunnels):
        if all(size is None for size in missing[kind]):
            names = "ipsec-vpn" if kind == "ipsec" else "gre-in, gre-out"
            yield Finding(
                symptom=f"tcp-mss is missing while {'IPsec' if kind == 'ipsec' else 'GRE'} tunnels exist",
                saw=f"the session table has tunnels; security flow tcp-mss has neither {names} nor all-tcp",
                why="segments of full size do not fit into the tunnel: they are fragmented, or lost where "
                "fragments or ICMP are",
                next="do large transfers hang while small ones pass? compare the MTU of the way and of the tunnel",
            )


def _odd_timeouts(timeouts: Sequence[TimeoutUse]) -> Iterator[Finding]:
    odd = [each for each in timeouts if each.differs]
    if not odd:
        return
    more = f"; and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    yield Finding(
        symptom="timeouts that are not the documented defaults",
        saw="; ".join(map(_timeout_words, odd[:_SHOWN])) + more,
        why=f"the documented defaults are TCP {TCP_TIMEOUT_SECONDS} s and UDP {UDP_TIMEOUT_SECONDS} s; an application, "
        "custom or predefined, may bring its own: a short one cuts idle connections, a long one fills the table",
        next="are they meant? applications application NAME inactivity-timeout",
        packets=sum(each.sessions for each in odd),
    )


def _timeout_words(use: TimeoutUse) -> str:
    origin = {True: ", configured", False: ", not from a custom application", None: ""}[use.configured]
    name = f"{use.application or 'no application'} {protocols.name_of(use.protocol)}"
    return f"{name} {use.seconds} s ({use.sessions} sessions{origin})"


def _untold(tables: Sequence[TableUse], nodes: Sequence[str]) -> Iterator[str]:
    if not tables:
        yield "use of the session table, failed and invalidated sessions: the device gave no summary"
    for table in tables:
        if table.used_percent is None:
            yield f"{table.where}: use of the session table: the summary has no active or no maximum sessions"
        for name, count in (("failed", table.failed), ("invalidated", table.invalidated)):
            if count is None:
                yield f"{table.where}: {name} sessions: the summary does not count them"
    told = {table.node for table in tables}
    for node in nodes:
        if tables and node not in told:
            yield f"{node}: the node gave no summary"


def _unlisted(tables: Sequence[TableUse], census: Census | None) -> Iterator[str]:
    if census is None:
        yield "timeouts, handshakes and tunnels: the device did not list its sessions"
        return
    for node in sorted({table.node for table in tables}):
        counted = sum(table.valid or 0 for table in tables if table.node == node)
        if counted and not census.nodes[node]:
            where = f"{node}: " if node else ""
            yield f"{where}timeouts, handshakes and tunnels: {counted} valid sessions in the summary, none in the list"
    if census.untimed:
        yield f"timeouts of {census.untimed} sessions: the device printed no configured timeout for them"


def _unread(configuration: FlowConfiguration | None, timeouts: Sequence[TimeoutUse]) -> Iterator[str]:
    if configuration is None:
        yield (
            "watermarks, initial timeout, SYN check, sequence check and tcp-mss: the flow configuration was not read; "
            "documented defaults are assumed where one is needed"
        )
        return
    for statement in configuration.unread:
        yield f"{statement}: not a value this program knows"
    if configuration.application_timeouts is None and any(each.differs for each in timeouts):
        yield "whether the unusual timeouts are configured: the applications were not read"
