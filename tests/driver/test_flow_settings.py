"""``show flow-config`` against the lab: statements, defaults, findings, and what a login class may not read."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from orchestrator.cli.flow_config import gather, lines
from orchestrator.model.flow_settings import FlowSettings

SCENARIO = """
name: settings
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
zones: {trust: {}, untrust: {}}
applications:
  - {name: slow-db, protocol: tcp, port: 5432, inactivity_timeout: 7200}
policies:
  - {from: trust, to: untrust, name: out, id: 4, action: permit}
flow:
  max_sessions: 20
  tcp_initial_timeout: 280
  allow_dns_reply: true
  route_change_timeout: 30
  syn_flood_protection_mode: syn-proxy
  aging: {early_ageout: 25, high_watermark: 90, low_watermark: 95}
  tcp_mss: {all_tcp: 1400, ipsec_vpn: 1350, gre_in: 1360, gre_out: 1370}
  tcp_session:
    rst_invalidate_session: true
    fin_invalidate_session: true
    time_wait_state: {session_timeout: 5}
log: {collector: 198.51.100.5}
traffic:
  - {name: db, source: 10.1.1.10, destination: "192.0.2.50:5432", source_ports: 64, every: 0.05, close: none}
"""


def shown(found: FlowSettings) -> dict[str, tuple[str, str]]:
    return {one.statement: (one.configured, one.in_effect) for one in found.settings}


def test_every_global_parameter_is_shown_with_its_value_and_its_meaning(
    start_lab: Callable, driver: Callable, tmp_path: Path, clean: Callable
) -> None:
    path = tmp_path / "settings.yml"
    path.write_text(SCENARIO)
    device = start_lab(scenario=path)[0]
    session = driver(device)
    time.sleep(1.5)  # until the table is full
    found = gather(session)
    table = shown(found)
    for statement, value in {
        "allow-dns-reply": "on", "route-change-timeout": "30 s", "syn-flood-protection-mode": "syn-proxy",
        "tcp-mss all-tcp": "1400 bytes", "tcp-mss ipsec-vpn": "1350 bytes", "tcp-mss gre-in": "1360 bytes",
        "tcp-mss gre-out": "1370 bytes", "tcp-session tcp-initial-timeout": "280 s",
        "tcp-session rst-invalidate-session": "on", "tcp-session fin-invalidate-session": "on",
        "tcp-session time-wait-state": "session-timeout 5 s", "aging high-watermark": "90 %",
        "aging low-watermark": "95 %", "aging early-ageout": "25 s",
        "application slow-db inactivity-timeout": "7200 s",
    }.items():  # fmt: skip
        assert table[statement] == (value, value), statement
    assert table["tcp-session no-syn-check"] == ("", "off")
    symptoms = [one.symptom for one in found.findings]
    assert "aggressive ageing is active" in symptoms
    assert "the low-watermark is not below the high-watermark" in symptoms
    assert "TCP initial timeout above the default" in symptoms
    assert "no policy logs its sessions" in symptoms
    assert "session logs are not on the device" in symptoms
    text = "\n".join(lines("fw", found))
    assert "at least 4 s" in text
    assert "session logs: collector 198.51.100.5 (mode stream)" in text
    assert "services: system services netconf" in text
    assert found.not_readable == ()
    session.close()
    clean(device)


def test_silence_shows_the_documented_defaults_and_nothing_odd(start_lab: Callable, driver: Callable) -> None:
    found = gather(driver(start_lab()[0]))
    table = shown(found)
    assert table["tcp-session tcp-initial-timeout"] == ("", "20 s")
    assert (table["aging high-watermark"], table["aging low-watermark"]) == (("", "100 %"), ("", "100 %"))
    assert (table["aging early-ageout"], table["syn-flood-protection-mode"]) == (("", "20 s"), ("", "syn-cookie"))
    assert (table["allow-dns-reply"], table["route-change-timeout"]) == (("", "off"), ("", "off"))
    assert found.findings == ()


def test_what_a_class_may_not_read_is_told_and_is_no_failure(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab()
    found = gather(driver(device, user="auditor"))
    assert (found.configuration, found.settings) == (None, ())
    told = "\n".join(lines("fw", found))
    assert "not readable:\n   security flow: not readable for this user" in told
