"""Durations, sizes, protocols, endpoints and devices."""

from __future__ import annotations

import ipaddress
import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model import protocols, quantities
from orchestrator.model.device import Credentials, Device, as_reach, from_reach
from orchestrator.model.flow import Endpoint, FlowKey

SPANS = st.timedeltas(timedelta(0), timedelta(days=999_999))
PORTS = st.none() | st.integers(1, 65535)
NETWORKS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda pair: ipaddress.ip_network(pair, strict=False))


@given(SPANS)
def test_a_duration_is_read_back_as_it_was_written(span: timedelta) -> None:
    assert quantities.duration(quantities.in_words(span)) == span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("0.5s", 0.5), ("250ms", 0.25), ("1m250ms", 60.25), (" 2M ", 120), ("0s", 0)],
)
def test_durations_are_written_as_people_write_them(text: str, seconds: float) -> None:
    assert quantities.duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "s", "-1s", "1s 2s", "1s1m", "1d", "1e3s", "\u0663s", "9" * 30 + "h", "9" * 5000 + "s", "nan s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|digits"):
        quantities.duration(text)


def test_durations_are_words_for_people() -> None:
    written = [quantities.in_words(timedelta(seconds=one)) for one in (0, 5, 65, 3600, 5400, 86400, 1.5)]
    assert written == ["0s", "5s", "1m5s", "1h", "1h30m", "24h", "1.5s"]


@pytest.mark.parametrize(("text", "size"), [("10240", 10240), ("64k", 65536), ("10m", 10485760), ("1G", 1 << 30)])
def test_sizes_count_in_powers_of_1024(text: str, size: int) -> None:
    assert quantities.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "k", "1.5k", "-1", "1t", "1kb", "\u0663k"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        quantities.size_bytes(text)


def test_sizes_are_words_for_people() -> None:
    written = [quantities.human_size(one) for one in (0, 1023, 1536, 10485760, 5 << 30, 5 << 40)]
    assert written == ["0 B", "1023 B", "1.5 kB", "10.0 MB", "5.0 GB", "5120.0 GB"]


@given(st.integers(0, 255))
def test_a_protocol_is_read_back_as_it_is_printed(number: int) -> None:
    assert protocols.number_of(protocols.name_of(number)) == number


@pytest.mark.parametrize("text", ["tpc", "256", "-1", "", "\u0666", "6.0"])
def test_what_is_no_protocol_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an IP protocol"):
        protocols.number_of(text)


@given(NETWORKS, PORTS)
def test_an_endpoint_is_read_back_as_it_was_written(
    prefix: ipaddress.IPv4Network | ipaddress.IPv6Network, port: int | None
) -> None:
    end = Endpoint(prefix, port)
    assert Endpoint.parse(str(end)) == end
    assert end.holds(str(prefix[0]), port or 7)
    assert end.holds(str(prefix[-1]), port or 7)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "5", "192.0.2.1/24", "192.0.2.256", "010.1.1.1", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:", ":80",
        "192.0.2.1:\u0663", "[2001:db8::1", "[2001:db8::1]443", "[2001:db8::1]:", "2001:db8::1/64", "192.0.2.1:1:2",
        "fe80::1%em0", "fe80::1%x | save /var/tmp/y", "192.0.2.1\n192.0.2.2",
    ],
)  # fmt: skip
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an? (address|endpoint|port)"):
        Endpoint.parse(text)


def test_an_endpoint_holds_what_lies_inside() -> None:
    end = Endpoint.parse("192.0.2.0/24:443")
    assert end.holds("192.0.2.9", 443)
    assert not end.holds("192.0.2.9", 80)
    assert not end.holds("192.0.2.9", None)
    assert not end.holds("192.0.3.9", 443)
    assert not end.holds("2001:db8::1", 443)
    assert not end.holds("no address", 443)


def test_a_flow_key_turned_twice_is_itself() -> None:
    key = FlowKey("10.1.1.1", 5, "192.0.2.1", 443, 6)
    assert str(key) == "10.1.1.1/5 -> 192.0.2.1/443 tcp"
    assert str(key.reverse()) == "192.0.2.1/443 -> 10.1.1.1/5 tcp"
    assert key.reverse().reverse() == key
    assert str(FlowKey("10.1.1.1", None, "192.0.2.1", None, 1)) == "10.1.1.1 -> 192.0.2.1 icmp"


def test_a_device_is_reached_again_from_what_the_ledger_keeps() -> None:
    device = Device(
        name="edge-fw1", host="192.0.2.11", port=2830, ssh_port=2222, host_keys=("ssh-ed25519 AAAA",),
        known_hosts=(Path("/k"),), proxy_command="ssh -W %h:%p b",
        credentials=Credentials(user="debug", key_file=Path("/key"), agent=False, password_env="P",
                                password_command=("pass", "x")),
    )  # fmt: skip
    again = from_reach(json.loads(json.dumps(as_reach(device))))
    assert again == device
    assert again.file_port == 2222


@pytest.mark.parametrize(("port", "ssh_port", "used"), [(830, 0, 22), (22, 0, 22), (2222, 0, 2222), (830, 2022, 2022)])
def test_files_travel_on_the_port_that_serves_ssh(port: int, ssh_port: int, used: int) -> None:
    device = Device(name="a", host="a", port=port, ssh_port=ssh_port, credentials=Credentials(user="u"))
    assert device.file_port == used
