"""Statements of ``security flow`` that the lab's configuration shows and its datapath does not act upon.

Ranges are those of the CLI reference (9.3, 12.1X46). Nothing is shown that the scenario does not say.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Percent = Annotated[int, Field(ge=0, le=100)]
SegmentSize = Annotated[int, Field(ge=64, le=65535)]  # bytes


class Aging(BaseModel, extra="forbid", frozen=True):
    """``aging``; ``early_ageout`` is seconds."""

    early_ageout: int | None = Field(default=None, ge=1, le=65535)
    high_watermark: Percent | None = None
    low_watermark: Percent | None = None


class TcpMss(BaseModel, extra="forbid", frozen=True):
    """``tcp-mss``."""

    all_tcp: SegmentSize | None = None
    ipsec_vpn: SegmentSize | None = None
    gre_in: SegmentSize | None = None
    gre_out: SegmentSize | None = None


class TimeWait(BaseModel, extra="forbid", frozen=True):
    """``time-wait-state``; ``session_timeout`` is seconds."""

    session_ageout: bool = False
    session_timeout: int | None = Field(default=None, ge=2, le=600)
    apply_to_half_close_state: bool = False


class TcpSession(BaseModel, extra="forbid", frozen=True):
    """``tcp-session``, but for the checks and the initial timeout, which the datapath obeys."""

    no_syn_check_in_tunnel: bool = False
    rst_invalidate_session: bool = False
    fin_invalidate_session: bool = False
    rst_sequence_check: bool = False
    strict_syn_check: bool = False
    time_wait_state: TimeWait | None = None


class FlowStatements(BaseModel):
    """What only the configuration shows; ``route_change_timeout`` is seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_dns_reply: bool = False
    route_change_timeout: int | None = Field(default=None, ge=6, le=1800)
    syn_flood_protection_mode: Literal["syn-cookie", "syn-proxy"] | None = None
    aging: Aging = Aging()
    tcp_mss: TcpMss = TcpMss()
    tcp_session: TcpSession = TcpSession()
