"""``get-configuration`` of ``security flow`` and of ``applications``: what governs the life of sessions.

Statements are those of the CLI reference (8.5 to 24.4). What is deactivated, at any level, is as good as not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.flow_configuration import (
    Aging,
    ApplicationTimeout,
    FlowConfiguration,
    TcpMss,
    TcpSession,
    TimeWait,
)
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import Element, attribute, children, descendants, leaf, local_name, text_of

_MODES = ("syn-cookie", "syn-proxy")


def holds_flow(reply: Element) -> bool:
    """Whether a reply has ``security flow`` at all, deactivated or not."""
    return any(True for _ in _flows(reply))


def holds_applications(reply: Element) -> bool:
    """Whether a reply has ``applications`` at all, deactivated or not."""
    return any(True for _ in descendants(reply, "applications"))


def parse(reply: Element, applications: tuple[ApplicationTimeout, ...] | None = None) -> FlowConfiguration:
    """Read the flow options of a reply; everything is silent when there are none."""
    active = [each for each in _flows(reply) if not _is_off(each)]
    unread: list[str] = []
    flow = _Statement(active, "flow", unread)
    return FlowConfiguration(
        allow_dns_reply=flow.flag("allow-dns-reply"),
        route_change_timeout=flow.number("route-change-timeout"),
        syn_flood_protection_mode=flow.choice("syn-flood-protection-mode", _MODES),
        tcp_mss=_mss(flow.below("tcp-mss")),
        tcp_session=_tcp_session(flow.below("tcp-session")),
        aging=_aging(flow.below("aging")),
        application_timeouts=applications,
        unread=tuple(unread),
    )


def application_timeouts(reply: Element) -> tuple[ApplicationTimeout, ...]:
    """Times of custom applications and of their terms, in the order of the configuration."""
    found: list[ApplicationTimeout] = []
    for section in descendants(reply, "applications"):
        for application in children(section, "application"):
            if not _is_off(application):
                found += _timeouts(application)
    return tuple(found)


class _Statement:
    """One level of the configuration, which may be written in several places; ``unread`` collects bad values."""

    def __init__(self, elements: list[Element], path: str, unread: list[str]) -> None:
        self._elements = elements
        self._path = path
        self._unread = unread

    def _active(self, name: str) -> list[Element]:
        return [each for one in self._elements for each in children(one, name) if not _is_off(each)]

    def below(self, name: str) -> _Statement:
        return _Statement(self._active(name), f"{self._path} {name}", self._unread)

    def stands(self) -> bool:
        return bool(self._elements)

    def flag(self, name: str) -> bool | None:
        return True if self._active(name) else None

    def number(self, name: str) -> int | None:
        found = self._active(name)
        value = integer(text_of(found[0])) if found else None
        if found and (value is None or value < 0):
            self._unread.append(f"{self._path} {name} {text_of(found[0])}".strip())
            return None
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of several words: the text of the statement, or an empty element below it."""
        found = self._active(name)
        if not found:
            return None
        said = text_of(found[0]) or next((local_name(each) for each in found[0] if not _is_off(each)), "")
        if said in choices:
            return said
        self._unread.append(f"{self._path} {name} {said}".strip())
        return None


def _mss(statement: _Statement) -> TcpMss:
    sizes = {name: statement.below(name).number("mss") for name in ("all-tcp", "ipsec-vpn", "gre-in", "gre-out")}
    return TcpMss(
        all_tcp=sizes["all-tcp"], ipsec_vpn=sizes["ipsec-vpn"], gre_in=sizes["gre-in"], gre_out=sizes["gre-out"]
    )


def _tcp_session(statement: _Statement) -> TcpSession:
    waiting = statement.below("time-wait-state")
    return TcpSession(
        no_syn_check=statement.flag("no-syn-check"),
        no_syn_check_in_tunnel=statement.flag("no-syn-check-in-tunnel"),
        no_sequence_check=statement.flag("no-sequence-check"),
        rst_invalidate_session=statement.flag("rst-invalidate-session"),
        fin_invalidate_session=statement.flag("fin-invalidate-session"),
        rst_sequence_check=statement.flag("rst-sequence-check"),
        strict_syn_check=statement.flag("strict-syn-check"),
        tcp_initial_timeout=statement.number("tcp-initial-timeout"),
        time_wait_state=_time_wait(waiting) if waiting.stands() else None,
    )


def _time_wait(statement: _Statement) -> TimeWait:
    return TimeWait(
        session_ageout=statement.flag("session-ageout"),
        session_timeout=statement.number("session-timeout"),
        apply_to_half_close_state=statement.flag("apply-to-half-close-state"),
    )


def _aging(statement: _Statement) -> Aging:
    return Aging(
        early_ageout=statement.number("early-ageout"),
        high_watermark=statement.number("high-watermark"),
        low_watermark=statement.number("low-watermark"),
    )


def _flows(reply: Element) -> Iterator[Element]:
    """``flow`` below ``security`` of the device itself: IDP and logical systems have statements of that name."""
    for security in descendants(reply, "security"):
        above = security.getparent()
        if above is None or local_name(above) in {"configuration", "rpc-reply", "data"}:
            yield from children(security, "flow")


def _timeouts(application: Element) -> Iterator[ApplicationTimeout]:
    name = leaf(application, "name")
    for holder in (application, *children(application, "term")):
        for statement in children(holder, "inactivity-timeout"):
            text = text_of(statement)
            seconds = integer(text)
            if not _is_off(statement) and (seconds is not None or text == "never"):
                term = "" if holder is application else leaf(holder, "name")
                yield ApplicationTimeout(application=name, term=term, seconds=seconds)


def _is_off(element: Element) -> bool:
    """Whether an element or anything around it is deactivated."""
    return any(attribute(each, "inactive") == "inactive" for each in (element, *element.iterancestors()))
