"""What the state of tunnels and certificates is taken to mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.analysis.certificate_findings import certificate_findings
from orchestrator.analysis.vpn_findings import ike_findings, ipsec_findings, statistics_findings
from orchestrator.model.certificate import Certificate, CertificateDatabase
from orchestrator.model.ipsec import (
    Direction,
    IkeSa,
    IpsecDirection,
    IpsecSa,
    IpsecStatistics,
    Lifetime,
    Phase2,
    Protocol,
)
from orchestrator.parsers import certificate, ipsec_sa
from orchestrator.parsers.source import Source

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def ways(**fields: object) -> tuple[IpsecDirection, ...]:
    """Both directions of a sound dynamic association, with changes."""
    sound: dict[str, object] = {
        "spi": 500, "aux_spi": 0, "state": "Installed", "mode": "tunnel", "type": "dynamic", "protocol": Protocol.ESP,
        "soft": Lifetime(seconds=100), "hard": Lifetime(seconds=200), "anti_replay": True, "replay_window": 64,
    }  # fmt: skip
    return tuple(IpsecDirection(direction=way, **(sound | fields)) for way in Direction)  # type: ignore[arg-type]


def symptoms(one: IpsecSa) -> list[str]:
    return [finding.symptom for finding in ipsec_findings([one])]


def test_a_sound_association_raises_nothing() -> None:
    assert symptoms(IpsecSa(name="x", state="Up", directions=ways())) == []
    assert ike_findings([IkeSa(remote_address="192.0.2.1", state=state) for state in ("Matured", "UP")]) == []


@pytest.mark.parametrize(
    ("fields", "symptom"),
    [
        ({"state": "Not installed"}, "not installed"),
        ({"state": "Not installed", "mode": "transport", "type": "manual"}, "not installed"),
        ({"mode": "transport"}, "dynamic in transport mode"),
        ({"soft": None, "hard": None}, "dynamic without a lifetime"),
        ({"soft": Lifetime(seconds=200)}, "the soft lifetime is not below the hard one"),
        ({"hard": Lifetime(expired=True)}, "the hard lifetime has expired"),
        ({"replay_window": 0}, "no protection against replay"),
        ({"replay_window": None, "anti_replay": False}, "no protection against replay"),
        ({"aux_spi": 7}, "AUX-SPI against the protocol"),
        ({"protocol": Protocol.BOTH}, "AUX-SPI against the protocol"),
        ({"others": (("sa-vpn-monitoring-state", "D"),)}, "VPN monitoring says that the peer does not answer"),
    ],
)
def test_each_fault_of_a_direction_is_named_once_with_both_directions(fields: dict[str, object], symptom: str) -> None:
    assert symptoms(IpsecSa(name="x", state="Up", directions=ways(**fields))) == [
        f"IPsec x: {symptom} (inbound and outbound)"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "manual", "soft": None, "hard": None},
        {"type": "manual", "mode": "transport", "soft": None, "hard": None},
        {"aux_spi": 9, "protocol": Protocol.BOTH},
        {"aux_spi": None},
        {"state": "", "soft": None, "hard": None},
        {"soft": Lifetime(expired=True)},
    ],
)
def test_what_is_allowed_or_was_not_printed_raises_nothing(fields: dict[str, object]) -> None:
    assert symptoms(IpsecSa(name="x", directions=ways(**fields))) == []


def test_a_block_that_is_down_unused_or_half_is_named() -> None:
    for state, symptom in (("Down", "down"), ("down", "down"), ("No reference", "no interface uses it")):
        assert symptoms(IpsecSa(name="x", state=state, directions=ways())) == [f"IPsec x: {symptom}"]
    assert symptoms(IpsecSa(index=7, directions=ways()[:1])) == ["IPsec tunnel 7: one direction only"]


def test_waiting_for_remove_is_a_failed_negotiation_and_not_only_an_unfinished_one() -> None:
    failed = IkeSa(remote_address="192.0.2.1", state="Not matured", flags=("waiting for remove",))
    in_phase2 = IkeSa(remote_address="192.0.2.2", state="Matured", phase2=(Phase2(flags=("waiting for remove",)),))
    going_on = IkeSa(remote_address="192.0.2.3", state="Not matured", flags=("waiting for policy manager",))
    unheard = IkeSa(remote_address="192.0.2.4", state="Sleeping")
    assert [one.symptom for one in ike_findings([failed, in_phase2, going_on, unheard])] == [
        "IKE peer 192.0.2.1: the negotiation failed",
        "IKE peer 192.0.2.2: the negotiation of phase 2 failed",
        "IKE peer 192.0.2.3: not established",
        "IKE peer 192.0.2.4: a state that is in no documentation",
    ]


def test_the_manuals_own_detail_of_a_manual_association_is_caught_by_its_brief_form() -> None:
    brief, detail = (
        list(ipsec_sa.parse(Source.of_path(DATA / "ipsec_sa" / f"es_{form}_manual" / "input.txt")))
        for form in ("brief", "detail")
    )
    found = [one.symptom for one in ipsec_findings(detail, brief)]
    assert "IPsec sa-manual: brief and detail do not name the same type" in found
    assert "IPsec sa-manual: dynamic without a lifetime (inbound and outbound)" in found


def test_the_manuals_own_certificates_are_expired_and_its_counters_contradict_each_other() -> None:
    found = certificate_findings(
        certificate.parse(Source.of_path(DATA / "certificate" / "es_detail" / "input.txt")), NOW
    )
    assert [one.symptom for one in found][-1] == "certificate database: more active entries than entries"
    assert sum("expired" in one.symptom for one in found) == 3
    assert all(one.lines for one in found)


@pytest.mark.parametrize(
    ("days", "symptom"), [(-1, "expired"), (10, "expires in 10 days"), (30, "expires in 30 days"), (31, None)]
)
def test_validity_is_judged_at_a_moment(days: int, symptom: str | None) -> None:
    one = Certificate(identifier="x", not_after=NOW + timedelta(days=days))
    assert [found.symptom for found in certificate_findings([one], NOW)] == (
        [f"certificate x: {symptom}"] if symptom else []
    )


def test_untrusted_and_future_certificates_are_named_and_sound_counters_are_not() -> None:
    bad = Certificate(identifier="x", trusted=False, not_before=NOW + timedelta(seconds=1))
    found = certificate_findings([CertificateDatabase(total=3, active=3, locked=1), bad], NOW)
    assert [one.symptom for one in found] == ["certificate x: not valid yet", "certificate x: not trusted"]


def test_only_error_counters_that_grow_are_findings() -> None:
    before = IpsecStatistics(counters=(("replay-errors", 5), ("bad-headers", 2), ("esp-encrypted-bytes", 1)))
    after = IpsecStatistics(counters=(("replay-errors", 9), ("bad-headers", 2), ("esp-encrypted-bytes", 900)))
    assert [one.saw for one in statistics_findings([before], [after])] == ["replay-errors 5 -> 9"]
    assert statistics_findings([], [after]) == []
