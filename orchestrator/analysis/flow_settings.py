"""The flow configuration as a table with the documented defaults, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.analysis.session_health import health
from orchestrator.model.flow_configuration import (
    EARLY_AGEOUT_SECONDS,
    HIGH_WATERMARK_PERCENT,
    LOW_WATERMARK_PERCENT,
    SYN_FLOOD_PROTECTION_MODE,
    TCP_INITIAL_TIMEOUT_MINIMUM_SECONDS,
    TCP_INITIAL_TIMEOUT_SECONDS,
    TCP_TIMEOUT_SECONDS,
    UDP_TIMEOUT_SECONDS,
    FlowConfiguration,
)
from orchestrator.model.flow_session import SessionSummary
from orchestrator.model.flow_settings import FlowSettings, Setting
from orchestrator.model.verdict import Finding

_OFF = "off"


def judged(read: FlowSettings, summaries: Sequence[SessionSummary] | None) -> FlowSettings:
    """Add the table of statements and the findings to what was read; ``summaries`` are those of the session table."""
    configuration = read.configuration
    found: list[Finding] = []
    if configuration is not None:
        found += health(summaries or (), None, configuration).findings
        found += [*_watermarks(configuration), *_initial_timeout(configuration)]
    return replace(
        read, settings=tuple(_settings(configuration)) if configuration else (), findings=(*found, *_logs(read))
    )


def _settings(read: FlowConfiguration) -> Iterator[Setting]:
    yield _flag("allow-dns-reply", read.allow_dns_reply, "DNS replies that no query went before are let in")
    yield _number(
        "route-change-timeout", read.route_change_timeout, " s", None,
        "timeout of a session whose route changed to one that does not exist",
    )  # fmt: skip
    yield Setting(
        statement="syn-flood-protection-mode", configured=read.syn_flood_protection_mode or "",
        in_effect=read.syn_flood_protection_mode or SYN_FLOOD_PROTECTION_MODE, means="how SYN floods are answered",
    )  # fmt: skip
    yield from _mss(read)
    yield from _tcp_session(read)
    aging = read.aging
    yield _number(
        "aging high-watermark", aging.high_watermark, " %", HIGH_WATERMARK_PERCENT,
        "aggressive ageing begins when the table exceeds it",
    )  # fmt: skip
    yield _number(
        "aging low-watermark", aging.low_watermark, " %", LOW_WATERMARK_PERCENT,
        "aggressive ageing ends when the table dips below it",
    )  # fmt: skip
    yield _number(
        "aging early-ageout", aging.early_ageout, " s", EARLY_AGEOUT_SECONDS,
        "meanwhile sessions with less time left are marked invalid",
    )  # fmt: skip
    for one in read.application_timeouts or ():
        where = f"application {one.application}{f' term {one.term}' if one.term else ''} inactivity-timeout"
        said = "never" if one.seconds is None else f"{one.seconds} s"
        yield Setting(statement=where, configured=said, in_effect=said, means=(
            f"in place of {TCP_TIMEOUT_SECONDS} s for TCP and {UDP_TIMEOUT_SECONDS} s for UDP"
        ))  # fmt: skip


def _mss(read: FlowConfiguration) -> Iterator[Setting]:
    for name, size in (("all-tcp", read.tcp_mss.all_tcp), ("ipsec-vpn", read.tcp_mss.ipsec_vpn),
                       ("gre-in", read.tcp_mss.gre_in), ("gre-out", read.tcp_mss.gre_out)):  # fmt: skip
        yield _number(f"tcp-mss {name}", size, " bytes", None, "largest segment that SYN packets may ask for")


def _tcp_session(read: FlowConfiguration) -> Iterator[Setting]:
    tcp = read.tcp_session
    yield _number(
        "tcp-session tcp-initial-timeout", tcp.tcp_initial_timeout, " s", TCP_INITIAL_TIMEOUT_SECONDS,
        f"until the handshake is complete, begun anew by each of its packets; at least "
        f"{TCP_INITIAL_TIMEOUT_MINIMUM_SECONDS} s",
    )  # fmt: skip
    for name, on, means in (
        ("no-syn-check", tcp.no_syn_check, "any TCP packet may make a session"),
        ("no-syn-check-in-tunnel", tcp.no_syn_check_in_tunnel, "the same in tunnels"),
        ("no-sequence-check", tcp.no_sequence_check, "segments outside of the window pass"),
        ("strict-syn-check", tcp.strict_syn_check, "no data before the handshake is complete"),
        ("rst-invalidate-session", tcp.rst_invalidate_session, "RST ends a session at once"),
        ("fin-invalidate-session", tcp.fin_invalidate_session, "FIN of either end ends a session"),
        ("rst-sequence-check", tcp.rst_sequence_check, "RST must fit the sequence"),
    ):
        yield _flag(f"tcp-session {name}", on, means)
    if (waiting := tcp.time_wait_state) is not None:
        half = waiting.apply_to_half_close_state
        flags = (("session-ageout", waiting.session_ageout), ("apply-to-half-close-state", half))
        said = [word for word, stands in flags if stands]
        said += [f"session-timeout {waiting.session_timeout} s"] if waiting.session_timeout is not None else []
        words = ", ".join(said) or "on"
        yield Setting(
            statement="tcp-session time-wait-state", configured=words, in_effect=words,
            means="how long a closed session stays",
        )  # fmt: skip


def _flag(statement: str, stands: object, means: str) -> Setting:
    return Setting(
        statement=statement, configured="on" if stands else "", in_effect="on" if stands else _OFF, means=means
    )


def _number(statement: str, value: int | None, unit: str, default: int | None, means: str) -> Setting:
    held = default if value is None else value
    return Setting(
        statement=statement, configured="" if value is None else f"{value}{unit}",
        in_effect=_OFF if held is None else f"{held}{unit}", means=means,
    )  # fmt: skip


def _watermarks(read: FlowConfiguration) -> Iterator[Finding]:
    high, low, early = read.aging.high_watermark, read.aging.low_watermark, read.aging.early_ageout
    if high is None and (early is not None or low is not None):
        yield Finding(
            symptom="aggressive ageing is configured and cannot begin",
            saw="security flow aging has no high-watermark",
            why=f"it begins when the table exceeds the high-watermark, and its documented default is "
            f"{HIGH_WATERMARK_PERCENT} %: a table is never fuller",
            next="is a high-watermark missing? security flow aging high-watermark",
        )
    if high is not None and low is not None and low >= high:
        yield Finding(
            symptom="the low-watermark is not below the high-watermark",
            saw=f"security flow aging: high-watermark {high} %, low-watermark {low} %",
            why="ageing that began above the one ends at once below the other: it makes next to no room",
            next="which low-watermark was meant?",
        )


def _initial_timeout(read: FlowConfiguration) -> Iterator[Finding]:
    seconds = read.tcp_session.tcp_initial_timeout
    if seconds is None:
        return
    if seconds < TCP_INITIAL_TIMEOUT_MINIMUM_SECONDS:
        yield Finding(
            symptom="TCP initial timeout below the documented minimum",
            saw=f"security flow tcp-session tcp-initial-timeout {seconds}",
            why=f"documented are {TCP_INITIAL_TIMEOUT_MINIMUM_SECONDS} s at least: what the device does is not known",
            next="what does show security flow session say of the timeout of a new session?",
            soft=True,
        )
    elif seconds > TCP_INITIAL_TIMEOUT_SECONDS:
        yield Finding(
            symptom="TCP initial timeout above the default",
            saw=f"security flow tcp-session tcp-initial-timeout {seconds}",
            why=f"a handshake that is never completed holds its place in the table for {seconds} s after its last "
            f"packet, in place of {TCP_INITIAL_TIMEOUT_SECONDS} s: floods and silent servers fill it sooner",
            next="which slow client needed it? show session-health counts the sessions without a handshake",
        )


def _logs(read: FlowSettings) -> Iterator[Finding]:
    if read.policies is not None and read.policies.policies and not any(one.logs for one in read.policies.policies):
        yield Finding(
            symptom="no policy logs its sessions",
            saw=f"{len(read.policies.policies)} policies, none with then log session-init or session-close",
            why="RT_FLOW tells of a session only where its policy says so",
            next="which policy should be followed? then log session-init, session-close",
        )
    if read.logs is not None and (why := read.logs.session_logs.nowhere_here):
        yield Finding(
            symptom="session logs are not on the device", saw=why,
            why="show log and this program read files of the device only",
            next="ask the collector, or let a file take them: system syslog file NAME user info, in mode event",
        )  # fmt: skip
