"""One IPsec security association from its values, whatever form they were printed in.

Names are those of the leaves (YANG 16.1 to 24.4R1); the text form is translated to them.
"""

from __future__ import annotations

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import Direction, IpsecDirection, IpsecSa, Protocol, TunnelRedundancy
from orchestrator.parsers.ipsec_values import SEPARATORS, lifetime_of, selector, spi
from orchestrator.parsers.labels import Labels

_DIRECTIONS = {
    "inbound": Direction.INBOUND, "<": Direction.INBOUND, "outbound": Direction.OUTBOUND, ">": Direction.OUTBOUND,
}  # fmt: skip
_ANTI_REPLAY = {"enabled": True, "disabled": False}


def ipsec_sa(
    labels: Labels,
    directions: list[IpsecDirection],
    *,
    events: tuple[str, ...] = (),
    node: str = "",
    line: Line | None = None,
) -> IpsecSa:
    """Make the record of the block; what has no field of its own stays under its name."""
    return IpsecSa(
        name=labels.take("sa-name", "sa-vpn-name"),
        state=labels.take("sa-block-state"),
        index=labels.number("sa-tunnel-index"),
        service_set=labels.take("svc-set-name"),
        rule=labels.take("sa-rule-name"),
        term=labels.take("sa-term-name"),
        virtual_system=labels.take("sa-virtual-system"),
        local_gateway=labels.take("sa-local-gateway"),
        remote_gateway=labels.take("sa-remote-gateway"),
        port=labels.number("sa-port"),
        interface=labels.take("sa-bind-interface", "sa-inside-interface"),
        local_identity=selector(labels.take("sa-local-identity")),
        remote_identity=selector(labels.take("sa-remote-identity")),
        directions=tuple(directions),
        redundancy=_redundancy(labels),
        events=events,
        node=node,
        others=labels.rest(),
        line=line,
    )


def direction(labels: Labels, *, hexadecimal: bool, line: Line | None = None) -> IpsecDirection | None:
    """Make the record of one direction; ``None`` when it has no direction or no SPI that can be read."""
    which = _DIRECTIONS.get(labels.take("sa-direction").strip().lower())
    number = spi(labels.take("sa-spi"), hexadecimal=hexadecimal)
    if which is None or number is None:
        return None
    return IpsecDirection(
        direction=which,
        spi=number,
        aux_spi=spi(labels.take("sa-aux-spi"), hexadecimal=hexadecimal),
        state=labels.take("sa-state"),
        mode=labels.take("sa-mode"),
        type=labels.take("sa-type"),
        protocol=_protocol(labels),
        authentication=labels.take("sa-authentication-algorithm", "sa-hmac-algorithm").strip(SEPARATORS),
        encryption=labels.take("sa-encryption-algorithm", "sa-esp-encryption-algorithm").strip(SEPARATORS),
        soft=lifetime_of(labels, "sa-soft-lifetime"),
        hard=lifetime_of(labels, "sa-hard-lifetime", "sa-lifesize-remaining"),
        anti_replay=_anti_replay(labels),
        replay_window=labels.number("sa-replay-window-size"),
        others=labels.rest(),
        line=line,
    )


def _redundancy(labels: Labels) -> TunnelRedundancy | None:
    """What ``extensive`` of a services card prints of the backup gateway, ``None`` when that is nothing."""
    found = TunnelRedundancy(
        primary=labels.take("ipsec-tunnel-redundancy-primary-remote-address"),
        primary_state=labels.take("ipsec-redundancy-primary-state"),
        backup=labels.take("ipsec-tunnel-redundancy-backup-remote-address"),
        backup_state=labels.take("ipsec-redundancy-backup-state"),
        counter=labels.number("ipsec-redundancy-counter"),
    )
    return None if found == TunnelRedundancy() else found


def _protocol(labels: Labels) -> Protocol:
    text = labels.take("sa-protocol").strip(SEPARATORS).upper()
    try:
        return Protocol(text)
    except ValueError:
        labels.add("sa-protocol", text)
        return Protocol.UNKNOWN


def _anti_replay(labels: Labels) -> bool | None:
    """The service's state; ``counter-based enabled`` also stays as the device says it."""
    text = labels.take("sa-anti-replay-service")
    words = text.lower().split()
    if len(words) != 1 and text:
        labels.add("sa-anti-replay-service", text)
    return _ANTI_REPLAY.get(words[-1]) if words else None
