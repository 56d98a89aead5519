"""Flow options as the configuration says them, and what the documentation says of its silence.

Every value is ``None`` where the configuration is silent: what then holds is one of the constants below.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Flow-Based Sessions (documentation): timeouts of a session whose application brings none of its own.
TCP_TIMEOUT_SECONDS = 1800
UDP_TIMEOUT_SECONDS = 60
# The same document: until the three-way handshake is complete.
TCP_INITIAL_TIMEOUT_SECONDS = 20
TCP_INITIAL_TIMEOUT_MINIMUM_SECONDS = 4
# CLI reference, early-ageout and high-watermark (9.3), low-watermark (12.1X46). A table is never more than 100 % full,
# so aggressive ageing never begins where no high-watermark is configured.
EARLY_AGEOUT_SECONDS = 20
HIGH_WATERMARK_PERCENT = 100
LOW_WATERMARK_PERCENT = 100
# CLI reference, syn-flood-protection-mode (12.1X46).
SYN_FLOOD_PROTECTION_MODE = "syn-cookie"
# CLI reference, apply-to-half-close-state (12.1X46): a closed TCP session with time-wait-state and no time of its own.
TIME_WAIT_SECONDS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpMss:
    """Maximum segment sizes in bytes that SYN packets are rewritten to (``tcp-mss``).

    ``ipsec_vpn`` and ``gre_in`` go before ``all_tcp`` (CLI reference, tcp-mss 12.1X46).
    """

    all_tcp: int | None = None
    ipsec_vpn: int | None = None
    gre_in: int | None = None
    gre_out: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWait:
    """``time-wait-state``: either the session's own ageing, or a time in seconds."""

    session_ageout: bool | None = None
    session_timeout: int | None = None
    apply_to_half_close_state: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSession:
    """``tcp-session``. A flag is ``True`` where it stands; ``tcp_initial_timeout`` is seconds.

    ``time_wait_state`` is ``None`` where the statement does not stand at all.
    """

    no_syn_check: bool | None = None
    no_syn_check_in_tunnel: bool | None = None
    no_sequence_check: bool | None = None
    rst_invalidate_session: bool | None = None
    fin_invalidate_session: bool | None = None
    rst_sequence_check: bool | None = None
    strict_syn_check: bool | None = None
    tcp_initial_timeout: int | None = None
    time_wait_state: TimeWait | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aging:
    """``aging``: aggressive ageing begins above ``high_watermark`` and ends below ``low_watermark``, both percent.

    Meanwhile sessions with less than ``early_ageout`` seconds left are marked invalid.
    """

    early_ageout: int | None = None
    high_watermark: int | None = None
    low_watermark: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationTimeout:
    """``inactivity-timeout`` of an application, or of one of its terms; ``seconds`` is ``None`` for ``never``."""

    application: str
    term: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowConfiguration:
    """``security flow``; ``route_change_timeout`` is seconds.

    ``application_timeouts`` is ``None`` when the applications could not be read, empty when none has a time of its
    own. ``unread`` are statements whose value is not what it should be: they are not silence.
    """

    allow_dns_reply: bool | None = None
    route_change_timeout: int | None = None
    syn_flood_protection_mode: str | None = None
    tcp_mss: TcpMss = field(default_factory=TcpMss)
    tcp_session: TcpSession = field(default_factory=TcpSession)
    aging: Aging = field(default_factory=Aging)
    application_timeouts: tuple[ApplicationTimeout, ...] | None = None
    unread: tuple[str, ...] = ()

    @property
    def tcp_initial_timeout(self) -> int:
        """Seconds a TCP session has until its handshake is complete: the configured or the documented ones."""
        return self.tcp_session.tcp_initial_timeout or TCP_INITIAL_TIMEOUT_SECONDS

    @property
    def early_ageout(self) -> int:
        """Seconds below which aggressive ageing takes a session: the configured or the documented ones."""
        return self.aging.early_ageout or EARLY_AGEOUT_SECONDS
