"""A survey tells what folding the full parser's packets tells, whatever the trace has gone through."""

import gzip
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same_survey import difference
from test_flow_trace import stamped
from trace_maker import bodies, trace
from wild_traces import any_trace

from orchestrator.errors import ParseError
from orchestrator.model.trace_flow import KEPT, KEPT_PATHS, fold
from orchestrator.parsers import flow_trace
from orchestrator.parsers.source import Source
from orchestrator.parsers.trace_survey import lane, survey


def of(text: str, name: str = "t") -> Source:
    return Source.of_text(text, name)


@pytest.fixture
def read_slowly(monkeypatch):
    """How many times lines went to the full parser's lane."""
    calls = []
    real = lane.SurveyLane._read

    def spy(self, runs):
        calls.append(len(runs))
        real(self, runs)

    monkeypatch.setattr(lane.SurveyLane, "_read", spy)
    return calls


@settings(max_examples=120)
@given(st.integers(0, 1 << 40))
def test_any_damaged_trace_in_any_pieces_gives_the_fold_of_the_full_parser(seed):
    rng = random.Random(seed)
    assert difference(rng, any_trace(rng, 30)) == ""


@pytest.mark.parametrize(("threads", "burst", "named"), [(4, 6, True), (1, 30, False)])
def test_brackets_are_counted_by_form_and_not_by_the_full_parser(threads, burst, named, read_slowly):
    _, text = trace(seed=5, packets=800, threads=threads, longest_burst=burst, named=named)
    found = survey([of(text)])
    assert len(read_slowly) < 80
    assert found.flows == fold(flow_trace.parse(of(text)))
    assert found.stats.packets == 800


@pytest.mark.parametrize("named", [True, False])
def test_two_processes_give_the_same(named, tmp_path):
    _, text = trace(seed=6, packets=500, threads=3 if named else 1, longest_burst=5, named=named)
    path = tmp_path / "t"
    path.write_text(text + "not a trace line\n")
    one, two = survey([Source.of_path(path)]), survey([Source.of_path(path)], processes=2)
    assert (two.flows, two.stats) == (one.flows, one.stats)
    keys = sorted(one.flows, key=str)[:20]
    assert two.packets(keys) == one.packets(keys)


def test_an_interleaved_trace_without_threads_is_never_claimed_for_an_ambiguous_packet():
    _, text = trace(seed=7, packets=300, threads=4, longest_burst=2, named=False)
    found = survey([of(text)], parts=3)
    assert found.stats.ambiguous > 0
    assert found.flows == fold(flow_trace.parse(of(text)))


def test_packets_are_read_again_with_their_own_file_and_lines(tmp_path):
    _, text = trace(seed=9, packets=60, threads=2, longest_burst=9, named=True)
    lines = text.splitlines(keepends=True)
    sources = []
    for name, part in (("t.0.gz", lines[:333]), ("t", lines[333:])):
        data = "".join(part).encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        sources.append(Source.of_path(tmp_path / name))
    found = survey(sources)
    packets = found.packets(found.flows)
    assert packets == sorted(
        flow_trace.parse(*sources), key=lambda p: (not p.lines[0].file.endswith("gz"), p.lines[0].number)
    )
    across = next(packet for packet in packets if len({line.file for line in packet.lines}) == 2)
    last = across.lines[-1]
    assert (tmp_path / "t").read_text().splitlines()[last.number - 1] == last.text


def test_places_are_few_however_many_packets_a_flow_has():
    _, lines = bodies(random.Random(2), 1, thread=1)
    text = "".join(stamped(lines, f"10:{n // 60:02}:{n % 60:02}.000001", "CID-0:THREAD_ID-01") for n in range(600))
    found = survey([of(text)])
    ((key, flow),) = found.flows.items()
    assert flow.packets == 600
    assert len(found.packets([key])) < 6
    assert max(packet.time for packet in found.packets([key])) == flow.last


def test_first_drops_of_each_reason_are_among_the_packets_read_again():
    def drop(number: int, reason: str) -> str:
        matched = "<10.0.0.1/5->10.0.0.2/6;17> matched filter A:"
        lines = [matched, f" packet dropped, {reason}", " ----- flow_process_pkt rc 0x7"]
        return stamped(lines, f"10:00:{number:02}.000001", "CID-0:THREAD_ID-01")

    found = survey([of("".join(drop(n, "policy deny" if n < 50 else "no way out") for n in range(55)))])
    ((key, flow),) = found.flows.items()
    assert flow.reasons == {"policy deny": 50, "no way out": 5}
    assert {packet.reason for packet in found.packets([key])} == {"policy deny", "no way out"}


def test_what_may_be_many_in_a_flow_is_kept_in_bounds():
    def packet(number: int) -> str:
        lines = [
            "<10.0.0.1/5->10.0.0.2/6;17> matched filter A:",
            f"flow_first_policy_search: policy search from zone a-> zone z{number:03} (0x0,0x0,0x0)",
            f"  Session (id:{number}) created for first pak 2",
            f" packet dropped, reason {number}",
            " ----- flow_process_pkt rc 0x7 (fp rc -1)",
        ]
        return stamped(lines, f"10:00:{number % 60:02}.000001", "CID-0:THREAD_ID-01")

    found = survey([of("".join(map(packet, range(200))))], parts=4)
    (flow,) = found.flows.values()
    assert flow.dropped == 200
    assert (len(flow.session_ids), len(flow.reasons), len(flow.paths)) == (KEPT, KEPT, KEPT_PATHS)


@pytest.mark.parametrize("text", ["", "\n\n", stamped(["CLI flow status command recvd, subtype =1"])])
def test_an_empty_trace_has_no_flows(text):
    assert survey([of(text)]).flows == {}


def test_something_else_is_the_error_of_the_full_parser():
    with pytest.raises(ParseError) as caught:
        survey([of("Total sessions: 0\n", "there")])
    assert (caught.value.path, caught.value.line) == ("there", 1)


def test_a_cut_gzip_file_says_so(tmp_path):
    _, text = trace(seed=3, packets=200, threads=1, longest_burst=9, named=False)
    packed = gzip.compress(text.encode())
    source = Source.of_bytes(packed[: len(packed) // 2])
    assert survey([source]).stats.packets > 20
    assert source.damage
