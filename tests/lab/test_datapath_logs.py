from __future__ import annotations

import re

from datapath_bench import T0, Bench, answer, tcp

from orchestrator.lab.datapath.logs import FILE_BYTES, MESSAGES, TRAFFIC_LOG
from orchestrator.lab.datapath.packet import ACK, FIN
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.scenario_file import load

CLIENT, SERVER = "10.1.1.10:51000", "192.0.2.80:443"
STRUCTURED = load("default").model_copy(update={"log": load("symptoms").log})


def converse(bench: Bench) -> None:
    """A whole connection, aged until its session is closed."""
    opened, *_ = bench.handshake(CLIENT, SERVER)
    bench.send(tcp(CLIENT, SERVER, FIN | ACK, T0 + 1))
    bench.send(answer(opened, FIN | ACK, T0 + 1.5))
    bench.datapath.age(T0 + 5)
    bench.datapath.flush(T0 + 5)


def test_a_session_is_logged_when_it_opens_and_when_it_closes() -> None:
    bench = Bench(style=DeviceStyle(host_name="edge-fw1"))
    converse(bench)
    created, closed = bench.text(MESSAGES).splitlines()
    port = re.search(r" 192\.0\.2\.1/(\d+)->", created)
    assert port
    assert created == (
        "Feb  2 02:40:00 edge-fw1 RT_FLOW: RT_FLOW_SESSION_CREATE: session created 10.1.1.10/51000->192.0.2.80/443 0x0 "
        f"junos-https 192.0.2.1/{port[1]}->192.0.2.80/443 0x0 source rule trust-out N/A N/A 6 trust-to-untrust trust "
        "untrust 2 N/A(N/A) ge-0/0/0.0 UNKNOWN UNKNOWN UNKNOWN N/A N/A -1 N/A N/A N/A Off root N/A N/A"
    )
    assert closed.startswith(
        "Feb  2 02:40:05 edge-fw1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: "
        "10.1.1.10/51000->192.0.2.80/443 0x0 junos-https "
    )
    assert " trust untrust 2 3(180) 2(120) 1 UNKNOWN " in closed


def test_a_denied_session_is_logged_with_the_reason() -> None:
    bench = Bench()
    bench.send(tcp("10.1.1.10:52000", "192.0.2.25:25"))
    bench.datapath.flush(T0)
    assert bench.text(MESSAGES).startswith(
        "Feb  2 02:40:00 srx RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.1.1.10/52000->192.0.2.25/25 0x0 "
        "junos-smtp 6(0) deny-smtp trust untrust UNKNOWN UNKNOWN N/A(N/A) ge-0/0/0.0 No Denied by policy "
    )


def test_policies_that_do_not_log_are_silent() -> None:
    bench = Bench()
    bench.send(tcp("10.1.1.20:54000", "10.2.2.80:9999"))  # the default policy
    bench.send(tcp("10.1.1.20:54000", "10.2.2.80:8080"))  # logs close only
    bench.datapath.flush(T0)
    assert bench.text(MESSAGES) == ""
    bench.datapath.age(T0 + 21)
    bench.datapath.flush(T0 + 21)
    (line,) = bench.text(MESSAGES).splitlines()
    assert "session closed aged out: 10.1.1.20/54000->10.2.2.80/8080 0x0 app-8080 " in line
    assert " 1(60) 0(0) 21 " in line


def test_structured_lines_go_to_the_traffic_log_only_when_asked() -> None:
    bench = Bench()
    converse(bench)
    assert bench.filesystem.get(TRAFFIC_LOG) is None
    bench = Bench(STRUCTURED, DeviceStyle(host_name="edge-fw1", platform_oid=134))
    converse(bench)
    created, closed = bench.text(TRAFFIC_LOG).splitlines()
    head = "<14>1 2026-02-02T02:40:00.000Z edge-fw1 RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.134 "
    assert created.startswith(head + 'source-address="10.1.1.10" source-port="51000" ')
    pairs = dict(re.findall(r'([a-z0-9-]+)="([^"]*)"', closed))
    wanted = {
        "reason": "TCP FIN",
        "nat-source-address": "192.0.2.1",
        "nat-destination-address": "192.0.2.80",
        "src-nat-rule-name": "trust-out",
        "policy-name": "trust-to-untrust",
        "session-id": "2",
        "packets-from-client": "3",
        "bytes-from-server": "120",
        "elapsed-time": "1",
        "hostname": "NA NA",
    }
    assert wanted.items() <= pairs.items()


def test_an_older_release_has_fewer_fields() -> None:
    bench = Bench(STRUCTURED, DeviceStyle(log_fields="12.3"))
    converse(bench)
    created, _ = bench.text(MESSAGES).splitlines()
    assert re.search(
        r": session created 10\.1\.1\.10/51000->192\.0\.2\.80/443 junos-https 192\.0\.2\.1/\d+->192\.0\.2\.80/443 "
        r"trust-out None 6 trust-to-untrust trust untrust 2$",
        created,
    )
    assert 'session-id-32="2"' in bench.text(TRAFFIC_LOG)
    assert "connection-tag" not in bench.text(TRAFFIC_LOG)


def test_a_cleared_session_is_closed_by_cli() -> None:
    bench = Bench()
    bench.handshake(CLIENT, SERVER)
    bench.datapath.clear(lambda _: True)
    bench.datapath.flush(T0)
    assert "session closed CLI: 10.1.1.10/51000->" in bench.text(MESSAGES)


def test_days_of_logs_stay_under_a_megabyte() -> None:
    bench = Bench()
    for number in range(12_000):
        bench.send(tcp(f"10.1.1.10:{number + 1000}", "192.0.2.25:25", time=T0 + number))
        if number % 100 == 0:
            bench.datapath.flush(T0 + number)
    sizes = [len(bench.filesystem.files[path].data) for path in bench.filesystem.matching(f"{MESSAGES}*")]
    assert len(sizes) == 4
    assert sum(sizes) < 1024 * 1024
    assert sizes[0] < 2 * FILE_BYTES
