"""States of sessions and of the device: what ends a packet of a session, and what ends the session."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from datapath_bench import T0, Bench, answer, tcp

from orchestrator.errors import ScenarioError
from orchestrator.lab.datapath.logs import MESSAGES
from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import ACK, PSH, SYN, UDP, Packet
from orchestrator.lab.datapath.records import Session
from orchestrator.lab.datapath.style import DeviceStyle, TraceStyle
from orchestrator.lab.scenario import Scenario
from orchestrator.lab.scenario_file import load

CLIENT, SERVER = "10.1.1.31:51000", "192.0.2.80:443"
MORE = load("symptoms-more")
END = " ----- flow_process_pkt rc 0x7 (fp rc -1)"


@pytest.fixture
def bench() -> Bench:
    """A device of one flow thread, that nothing happens to but what the test does."""
    quiet = MORE.model_copy(update={"traffic": [], "changes": []})
    one = Bench(quiet, DeviceStyle(trace=TraceStyle(threads=1)))
    one.arm()
    return one


def changing(*changes: dict[str, object]) -> Bench:
    document = MORE.model_dump(mode="json", by_alias=True, exclude={"nat", "traffic"}) | {"changes": changes}
    nat = {"source": [{"name": "wan-out", "from": "trust", "to": "wan"}]}
    return Bench(Scenario.model_validate(document | {"nat": nat}), DeviceStyle(trace=TraceStyle(threads=1)))


def question(source: str, destination: str, time: float = T0, ttl: int = 64) -> Packet:
    (left, left_port), (right, right_port) = source.split(":"), destination.split(":")
    inside = {"10.1.1": "ge-0/0/0.0", "10.4.4": "ge-0/0/4.0"}
    interface = inside.get(left.rpartition(".")[0], "ge-0/0/1.0")
    return Packet(left, int(left_port), right, int(right_port), UDP, interface, time, ip_id=7, ttl=ttl)


def only(bench: Bench) -> Session:
    (session,) = bench.datapath.sessions.values()
    return session


def reason(outcome: Outcome) -> str:
    assert outcome.cause is not None
    return f"{outcome.cause.module}:{outcome.cause.detail}"


def logged(bench: Bench) -> str:
    bench.datapath.flush(T0 + 100, everything=True)
    return bench.text(MESSAGES)


def numbered(sequence: int, *, flags: int = PSH | ACK, data: int = 100, time: float = T0) -> Packet:
    return replace(tcp(CLIENT, SERVER, flags, time, length=52 + data), sequence=sequence, data_bytes=data)


@pytest.mark.parametrize(
    ("sequence", "passes"),
    [(1001, True), (1001 + 65535, True), (1001 + 65536, False), (1001 - 65535, True), (1001 - 65536, False)],
)
def test_a_segment_may_lie_one_window_off_what_is_expected(bench: Bench, sequence: int, *, passes: bool) -> None:
    bench.send(numbered(1000, flags=SYN, data=0))
    assert (bench.send(numbered(sequence % 2**32)).cause is None) is passes


def test_sequence_numbers_wrap(bench: Bench) -> None:
    bench.send(numbered(2**32 - 50, flags=SYN, data=0))
    assert bench.send(numbered(2**32 - 49)).cause is None
    assert bench.send(numbered(51)).cause is None
    assert reason(bench.send(numbered(2**31))) == "FLOW:TCP sequence check failed"


def test_the_other_side_says_how_large_the_window_is(bench: Bench) -> None:
    opened = bench.send(numbered(1000, flags=SYN, data=0))
    bench.send(replace(answer(opened, SYN | ACK), sequence=5000, window=500))
    assert bench.send(numbered(1501)).cause is None
    assert reason(bench.send(numbered(1601 + 501))) == "FLOW:TCP sequence check failed"


def test_a_segment_outside_the_window_ends_on_the_fast_path_and_is_not_counted(bench: Bench) -> None:
    bench.send(numbered(1000, flags=SYN, data=0))
    bench.send(numbered(1_001_001, time=T0 + 1))
    assert (only(bench).incoming.packets, only(bench).last_packet) == (1, T0)
    assert [one.detail for one in bench.datapath.drops] == ["TCP sequence check failed"]
    _, bracket = bench.brackets()
    assert [one.strip() for one in bracket[-4:]] == [
        "flow got session.",
        f"flow session id {only(bench).session_id}",
        "packet dropped, tcp seq check failed",
        END.strip(),
    ]


def test_without_the_sequence_check_every_segment_passes() -> None:
    flow = MORE.flow.model_copy(update={"tcp_sequence_check": False})
    bench = Bench(MORE.model_copy(update={"flow": flow}))
    bench.send(numbered(1000, flags=SYN, data=0))
    assert bench.send(numbered(1_001_001)).cause is None


def test_a_packet_whose_time_to_live_ends_here_makes_no_session(bench: Bench) -> None:
    outcome = bench.send(question("10.1.1.32:4000", "192.0.2.80:53", ttl=1))
    assert reason(outcome) == "FLOW:TTL expired"
    assert not bench.datapath.sessions
    (bracket,) = bench.brackets()
    assert "  packet dropped, ttl expired" in bracket
    assert not any("Policy lkup" in line for line in bracket)
    passed = bench.send(question("10.1.1.32:4000", "192.0.2.80:53", ttl=2))
    assert passed.forwarded is not None
    assert passed.forwarded.ttl == 1


def test_a_packet_to_the_device_itself_may_have_a_time_to_live_of_one(bench: Bench) -> None:
    assert bench.send(replace(tcp("10.1.1.32:4000", "10.1.1.1:22"), ttl=1)).delivered


@pytest.mark.parametrize(
    ("length", "dont_fragment", "passes"), [(1400, True, True), (1401, True, False), (1401, False, True)]
)
def test_a_packet_too_large_for_the_way_out_is_dropped_when_it_must_not_be_cut(
    bench: Bench, length: int, *, dont_fragment: bool, passes: bool
) -> None:
    bench.handshake("10.1.1.33:4000", "203.0.113.130:443")
    large = tcp("10.1.1.33:4000", "203.0.113.130:443", PSH | ACK, T0 + 1, length=length)
    outcome = bench.send(replace(large, dont_fragment=dont_fragment))
    assert outcome.fast_path
    assert (outcome.cause is None) is passes
    assert passes or reason(outcome) == "FLOW:Fragmentation needed but DF set"


def test_two_public_addresses_of_one_server_conflict_when_the_client_reuses_its_port(bench: Bench) -> None:
    assert bench.send(tcp("192.0.2.41:4000", "192.0.2.10:443")).cause is None
    assert reason(bench.send(tcp("192.0.2.41:4000", "192.0.2.11:443"))) == "FLOW:First path nsp2 install failed"
    assert bench.send(tcp("192.0.2.41:4001", "192.0.2.11:443")).cause is None
    assert (len(bench.datapath.sessions), bench.datapath.counters.failed) == (2, 1)


def test_a_full_table_is_told_in_the_trace_and_on_record() -> None:
    flow = MORE.flow.model_copy(update={"max_sessions": 1})
    bench = Bench(MORE.model_copy(update={"flow": flow}), DeviceStyle(trace=TraceStyle(threads=1)))
    bench.arm()
    bench.send(question("10.1.1.32:4000", "192.0.2.80:53"))
    assert reason(bench.send(question("10.1.1.32:4001", "192.0.2.80:53"))) == "FLOW:First path Session limit reached"
    _, bracket = bench.brackets()
    assert "  packet dropped, no session available" in bracket
    assert bracket[-1] == END


def test_a_source_has_as_many_sessions_as_its_zone_lets_it(bench: Bench) -> None:
    ends = [f"10.4.4.34:{4000 + number}" for number in range(3)]
    refused = [bench.send(question(end, "192.0.2.53:53")) for end in ends][-1]
    assert reason(refused) == "IDS:Src IP session limit"
    assert bench.send(question("10.4.4.35:4000", "192.0.2.53:53")).cause is None
    assert bench.send(question(ends[0], "192.0.2.53:53", T0 + 1)).fast_path
    bench.datapath.age(T0 + 62)
    assert bench.send(question(ends[2], "192.0.2.53:53", T0 + 63)).cause is None


def rerouted(next_hop: str | None, **way: object) -> tuple[Bench, Outcome]:
    """A session to 198.51.100.9, whose route then moves; and its next packet."""
    route = {"prefix": "198.51.100.0/25", "next_hop": next_hop, **way}
    bench = changing({"at": 1, "route": route})
    bench.arm()
    bench.datapath.begin(T0)
    bench.handshake("10.1.1.35:4000", "198.51.100.9:443")
    bench.datapath.tick(T0 + 1)
    return bench, bench.send(tcp("10.1.1.35:4000", "198.51.100.9:443", PSH | ACK, T0 + 1.1))


def test_a_session_whose_route_moves_into_another_zone_is_not_rerouted() -> None:
    bench, outcome = rerouted("10.2.2.254")
    assert reason(outcome) == "FLOW:Re-route failed"
    told = next(one for one in bench.brackets() if END in one and any("re-route" in line for line in one))
    lookup = (
        "route lookup failed: dest-ip 198.51.100.9 orig ifp ge-0/0/1.0 output_ifp ge-0/0/2.0 fto 0x0 orig-zone 7 "
        "out-zone 8 vsd 0"
    )
    assert told[-3:] == [
        lookup,
        "packet dropped, pak dropped since re-route failed",
        END,
    ]
    assert only(bench).outgoing is not None


def test_a_session_whose_route_moves_within_the_zone_takes_the_new_way() -> None:
    bench, outcome = rerouted("203.0.113.66")
    assert outcome.cause is None
    assert outcome.forwarded is not None
    assert outcome.forwarded.interface == "ge-0/0/5.0"
    wing = only(bench).outgoing
    assert wing is not None
    assert (wing.interface, wing.gateway) == ("ge-0/0/5.0", "203.0.113.66")


def test_a_session_whose_route_rejects_is_not_rerouted() -> None:
    _, outcome = rerouted(None, reject=True)
    assert reason(outcome) == "FLOW:Re-route failed"


@pytest.mark.parametrize(("interface", "found"), [("ge-0/0/5.0", True), ("ge-0/0/2.0", False)])
def test_a_reply_finds_its_session_by_any_interface_of_the_zone(bench: Bench, interface: str, *, found: bool) -> None:
    opened = bench.send(tcp(CLIENT, SERVER))
    reply = bench.send(replace(answer(opened, SYN | ACK), interface=interface))
    assert reply.fast_path is found
    assert found or reason(reply) == "FLOW:First path TCP SYN check failed"


def test_a_source_that_no_rule_covers_leaves_as_it_is(bench: Bench) -> None:
    outcome = bench.send(replace(tcp("10.6.6.38:4000", SERVER), interface="ge-0/0/0.0"))
    assert outcome.forwarded is not None
    assert outcome.forwarded.source == "10.6.6.38"


def test_sessions_by_interface_nat_are_set_up_anew_when_the_address_changes() -> None:
    bench = changing({"at": 1, "address": {"interface": "ge-0/0/6.0", "address": "203.0.113.9/27"}})
    bench.datapath.begin(T0)
    first = bench.send(question("10.1.1.39:500", "203.0.113.20:500"))
    other = bench.send(question("10.1.1.39:500", "192.0.2.80:500"))
    bench.datapath.tick(T0 + 1)
    assert list(bench.datapath.sessions.values()) == [other.session]
    second = bench.send(question("10.1.1.39:500", "203.0.113.20:500", T0 + 1.1))
    assert first.forwarded is not None
    assert second.forwarded is not None
    assert (first.forwarded.source, second.forwarded.source) == ("203.0.113.2", "203.0.113.9")
    assert second.session is not first.session
    assert "session closed other: 10.1.1.39/500->203.0.113.20/500" in logged(bench)


def test_a_session_that_nobody_speaks_in_ends_in_the_word_of_the_scenario(bench: Bench) -> None:
    bench.handshake(CLIENT, SERVER)
    bench.datapath.age(T0 + 3)
    assert only(bench).remaining_seconds(T0 + 3) == 1
    bench.datapath.age(T0 + 5)
    assert not bench.datapath.sessions
    assert "session closed idle Timeout: 10.1.1.31/51000->" in logged(bench)


@pytest.mark.parametrize("word", ["CLI", "IDP"])
def test_a_session_closed_in_the_middle_leaves_its_packets_out_of_state(word: str) -> None:
    bench = changing({"at": 1, "close": {"source": "10.1.1.31/32", "reason": word}})
    bench.datapath.begin(T0)
    bench.handshake(CLIENT, SERVER)
    bench.handshake("10.1.1.32:51000", SERVER)
    bench.datapath.tick(T0 + 1)
    assert only(bench).incoming.source == "10.1.1.32"
    late = bench.send(tcp(CLIENT, SERVER, PSH | ACK, T0 + 1.1))
    assert reason(late) == "FLOW:First path TCP SYN check failed"
    assert f"session closed {word}: 10.1.1.31/51000->" in logged(bench)


def test_a_deleted_policy_takes_its_sessions_with_it_and_decides_nothing_until_it_is_back() -> None:
    deleted, back = (
        {"at": 1, "policy": {"name": "short-lived"}},
        {"at": 2, "policy": {"name": "short-lived", "deleted": False}},
    )
    bench = changing(deleted, back)
    commits: list[str] = []
    bench.datapath.on_commit(commits.append)
    bench.datapath.begin(T0)
    ends = [f"10.1.1.44:{4000 + number}" for number in range(3)]
    said = [bench.send(tcp(ends[0], SERVER))]
    for number in (1, 2):
        bench.datapath.tick(T0 + number)
        said.append(bench.send(tcp(ends[number], SERVER, SYN, T0 + number + 0.1)))
    names = [one.verdict.name for one in said if one.verdict]
    assert names == ["short-lived", "trust-to-untrust", "short-lived"]
    assert "session closed policy delete: 10.1.1.44/4000->" in logged(bench)
    assert commits == ["colleague", "colleague"]
    assert bench.datapath.deleted_policies == frozenset()


def applied(bench: Bench, payload: str) -> tuple[Outcome, Outcome]:
    """A client whom the dynamic policy is for; and the server's answer."""
    opened, *_ = bench.handshake("10.1.1.47:4000", "192.0.2.80:80")
    bench.send(tcp("10.1.1.47:4000", "192.0.2.80:80", PSH | ACK, T0 + 0.5))
    return opened, bench.send(replace(answer(opened, PSH | ACK, T0 + 1), payload=payload))


def test_an_application_is_denied_at_the_servers_answer_and_logged_from_the_client(bench: Bench) -> None:
    opened, denied = applied(bench, "HTTP")
    assert opened.verdict is not None
    assert opened.verdict.name == "pre-id-default-policy"
    assert opened.session is not None
    assert reason(denied).format(policy="deny-http") == "POLICY:discarded by dynapp policy deny-http"
    (drop,) = bench.datapath.drops
    assert (drop.source, drop.detail) == ("192.0.2.80", "discarded by dynapp policy deny-http")
    assert not bench.datapath.sessions
    (line,) = logged(bench).splitlines()
    assert re.search(
        r"session denied 10\.1\.1\.47/4000->192\.0\.2\.80/80 0x0 junos-http 6\(0\) deny-http trust untrust HTTP "
        rf"UNKNOWN N/A\(N/A\) ge-0/0/0\.0 No Denied by policy {opened.session.session_id} ",
        line,
    )
    assert "  packet dropped, discarded by dynapp policy deny-http" in bench.bodies()


def test_another_application_gets_the_policy_behind_it(bench: Bench) -> None:
    _, passed = applied(bench, "SSH")
    assert passed.cause is None
    assert (only(bench).policy, only(bench).dynamic_application) == ("trust-to-untrust/6", "SSH")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("changes: [{at: 1, policy: {name: gone}}]\n", "no policy 'gone'"),
        ("changes: [{at: 1, address: {interface: ge-9/9/9.0, address: 10.0.0.1/24}}]\n", "no interface 'ge-9/9/9.0'"),
        ("changes: [{at: 1}]\n", "one of route, address, policy and close"),
    ],
)
def test_a_change_of_nothing_is_refused(tmp_path_factory: pytest.TempPathFactory, changes: str, message: str) -> None:
    path = tmp_path_factory.mktemp("scenario") / "mine.yml"
    path.write_text(f"name: mine\n{changes}")
    with pytest.raises(ScenarioError, match=re.escape(message)):
        load(path)
