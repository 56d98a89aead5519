"""What a scenario's flow section amounts to below ``security flow``."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.lab.scenario import Flow
from orchestrator.lab.scenario_flow import TcpSession

DEFAULT_INITIAL_TIMEOUT = 20  # seconds


def statements(flow: Flow) -> Iterator[tuple[str, str]]:
    """Path and value of each statement that is not the default; the value is empty for a flag."""
    for path, value in _values(flow):
        if value is not None and value is not False:
            yield path, "" if value is True else str(value)


def _values(flow: Flow) -> Iterator[tuple[str, str | int | None]]:
    yield "allow-dns-reply", flow.allow_dns_reply
    yield "route-change-timeout", flow.route_change_timeout
    yield "syn-flood-protection-mode", flow.syn_flood_protection_mode
    yield "aging/early-ageout", flow.aging.early_ageout
    yield "aging/high-watermark", flow.aging.high_watermark
    yield "aging/low-watermark", flow.aging.low_watermark
    yield "tcp-mss/all-tcp/mss", flow.tcp_mss.all_tcp
    yield "tcp-mss/ipsec-vpn/mss", flow.tcp_mss.ipsec_vpn
    yield "tcp-mss/gre-in/mss", flow.tcp_mss.gre_in
    yield "tcp-mss/gre-out/mss", flow.tcp_mss.gre_out
    yield "tcp-session/no-syn-check", not flow.tcp_syn_check
    yield "tcp-session/no-sequence-check", not flow.tcp_sequence_check
    initial = flow.tcp_initial_timeout
    yield "tcp-session/tcp-initial-timeout", None if initial == DEFAULT_INITIAL_TIMEOUT else initial
    for path, value in _tcp_session(flow.tcp_session):
        yield f"tcp-session/{path}", value


def _tcp_session(session: TcpSession) -> Iterator[tuple[str, int | None]]:
    yield "no-syn-check-in-tunnel", session.no_syn_check_in_tunnel
    yield "rst-invalidate-session", session.rst_invalidate_session
    yield "fin-invalidate-session", session.fin_invalidate_session
    yield "rst-sequence-check", session.rst_sequence_check
    yield "strict-syn-check", session.strict_syn_check
    if (waiting := session.time_wait_state) is not None:
        yield "time-wait-state", True
        yield "time-wait-state/session-ageout", waiting.session_ageout
        yield "time-wait-state/session-timeout", waiting.session_timeout
        yield "time-wait-state/apply-to-half-close-state", waiting.apply_to_half_close_state
