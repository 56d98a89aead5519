"""One IKE security association from its values, whatever form they were printed in.

Names are those of the leaves (YANG 16.1 to 24.4R1); the text form is translated to them.
"""

from __future__ import annotations

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IkeSa, IkeTraffic, Phase2
from orchestrator.parsers.ipsec_values import flags, lifetime_of, selector
from orchestrator.parsers.labels import Labels


def ike_sa(labels: Labels, phase2: list[Labels], *, node: str = "", line: Line | None = None) -> IkeSa:
    """Make the record; what has no field of its own stays under its name."""
    remote = labels.take("ike-sa-remote-address")
    for again in labels.take_all("ike-sa-remote-address"):  # a block names its peer twice
        if again != remote:
            labels.add("ike-sa-remote-address", again)
    return IkeSa(
        remote_address=remote,
        state=labels.take("ike-sa-state"),
        initiator_cookie=labels.take("ike-sa-initiator-cookie").lower(),
        responder_cookie=labels.take("ike-sa-responder-cookie").lower(),
        exchange=labels.take("ike-sa-exchange-type"),
        index=labels.number("ike-sa-index"),
        gateway=labels.take("ike-gw-name"),
        role=labels.take("ike-sa-role"),
        authentication_method=labels.take("ike-sa-authentication-method"),
        local_address=labels.take("ike-sa-local-address"),
        local_port=labels.number("ike-sa-local-port"),
        remote_port=labels.number("ike-sa-remote-port"),
        interface=labels.take("ike-sa-local-gateway-interface"),
        routing_instance=labels.take("ike-sa-routing-instance"),
        lifetime=lifetime_of(labels, "ike-sa-lifetime"),
        authentication=labels.take("ike-sa-authentication-algorithm"),
        encryption=labels.take("ike-sa-encryption-algorithm"),
        pseudo_random_function=labels.take("ike-sa-prf-algorithm"),
        dh_group=labels.take("ike-sa-dhgroup"),
        traffic=_traffic(labels),
        flags=flags(labels.take("ike-sa-flags")),
        ipsec_created=labels.number("ike-sa-num-ipsec-sas-created"),
        ipsec_deleted=labels.number("ike-sa-num-ipsec-sas-deleted"),
        phase2_in_progress=labels.number("ike-sa-num-phase2-negotiations"),
        phase2=tuple(_phase2(one) for one in phase2),
        node=node,
        others=labels.rest(),
        line=line,
    )


def _traffic(labels: Labels) -> IkeTraffic | None:
    found = IkeTraffic(
        input_bytes=labels.number("ike-sa-input-bytes"),
        output_bytes=labels.number("ike-sa-output-bytes"),
        input_packets=labels.number("ike-sa-input-packets"),
        output_packets=labels.number("ike-sa-output-packets"),
    )
    return None if found == IkeTraffic() else found


def _phase2(labels: Labels) -> Phase2:
    return Phase2(
        kind=labels.take("ike-sa-phase2-type"),
        role=labels.take("ike-sa-role"),
        message_id=labels.number("ike-sa-msg-id"),
        local_address=labels.take("ike-sa-local-address"),
        local_port=labels.number("ike-sa-local-port"),
        remote_address=labels.take("ike-sa-remote-address"),
        remote_port=labels.number("ike-sa-remote-port"),
        local_identity=selector(labels.take("ike-sa-local-id")),
        remote_identity=selector(labels.take("ike-sa-remote-id")),
        flags=flags(labels.take("ike-sa-flags")),
        others=labels.rest(),
    )
