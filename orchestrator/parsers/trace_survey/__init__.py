"""A survey of big flow traces: counts and telling facts of every flow, in memory that grows with the flows only.

The full parser (``flow_trace.parse``) is the truth. A survey gives what folding its packets by their five values gives,
and its counts, and reads single packets again in full when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line, TracePacket, TraceStats
from orchestrator.model.trace_flow import LINE_BITS, TraceFlow
from orchestrator.parsers import flow_trace
from orchestrator.parsers.flow_trace_lines import is_pasted, lane_of
from orchestrator.parsers.source import Source
from orchestrator.parsers.trace_survey.account import Account, Untame
from orchestrator.parsers.trace_survey.packets import reread
from orchestrator.parsers.trace_survey.parts import PartResult, Stretch, merge, plan, read_part, survey_part
from orchestrator.parsers.trace_survey.reader import Reader
from orchestrator.parsers.xml_input import unwrapped


@dataclass(slots=True)
class Survey:
    """What a trace held, by flow. ``tame`` says that lanes can be read again from the middle of the trace."""

    flows: dict[FlowKey, TraceFlow]
    stats: TraceStats
    sources: list[Source] = field(repr=False)
    tame: bool = True

    def packets(self, keys: Iterable[FlowKey]) -> list[TracePacket]:
        """The telling packets of these flows as the full parser reads them, in the order of the files."""
        wanted = [(extent, key) for key in keys if key in self.flows for extent in self.flows[key].extents()]
        if self.tame:
            return reread(self.sources, wanted)
        lines = _LineNumbers(self.sources)
        places = {(begin, end, key) for (begin, end, *_), key in wanted}
        found = [packet for packet in flow_trace.parse(*self.sources) if (*lines.of(packet), packet.key) in places]
        return sorted(found, key=lines.of)


def survey(
    sources: Sequence[Source], *, processes: int = 1, parts: int | None = None, block_bytes: int | None = None
) -> Survey:
    """Survey one trace file, or the files of a rotated set, oldest first (``flow_trace.in_order``).

    With several processes the set is cut into as many parts; ``parts`` cuts without starting any, and ``block_bytes``
    reads in smaller blocks.

    Raises:
        ParseError: there was something to read and nothing of it was a flow trace.
    """
    inner = [unwrapped(source, "file-content", "output") for source in sources]
    if any(is_pasted(source) for source in inner):
        return _with_full_parser(inner)
    try:
        reader = _read(inner, plan(inner, max(processes, parts or 1)), processes, block_bytes)
        reader.finish()
    except Untame:
        return _with_full_parser(inner)
    finally:
        for source, each in zip(sources, inner, strict=True):
            source.damage = source.damage or each.damage
    account = reader.account
    if not account.recognised and not account.stats.packets and account.stats.unrecognised:
        list(flow_trace.parse(*inner))  # raises
    account.stats.samples = _samples(account, inner)
    return Survey(account.flows, account.stats, inner)


def _read(sources: list[Source], parts: list[list[Stretch]], processes: int, most: int | None) -> Reader:
    reader = Reader(sources)
    if len(parts) == 1 or processes == 1:
        for index, part in enumerate(parts):
            result = survey_part(sources, part, most) if index else None
            _go_on(reader, sources, part, result, most)
        return reader
    # Not by forking: the caller may have threads.
    with ProcessPoolExecutor(len(parts) - 1, mp_context=get_context("spawn")) as pool:
        futures: list[Future[PartResult | None]] = [pool.submit(survey_part, sources, part, most) for part in parts[1:]]
        _go_on(reader, sources, parts[0], None, most)
        for part, future in zip(parts[1:], futures, strict=True):
            _go_on(reader, sources, part, future.result(), most)
    return reader


def _go_on(
    reader: Reader, sources: list[Source], part: list[Stretch], result: PartResult | None, most: int | None
) -> None:
    """Take a part that was read elsewhere, or read it."""
    if result is None or not merge(reader, result, part):
        read_part(reader, sources, part, most)
        return
    for file, damage in result.damage.items():
        sources[file].damage = damage


def _samples(account: Account, sources: Sequence[Source]) -> list[Line]:
    mask = (1 << LINE_BITS) - 1
    return [Line(sources[at >> LINE_BITS].name, at & mask, text) for at, text in account.samples]


def _with_full_parser(sources: list[Source]) -> Survey:
    """Fold what the full parser reads, one packet at a time."""
    account, lines = Account(), _LineNumbers(sources)
    reading = flow_trace.parse(*sources)
    for packet in reading:
        if flow := account.flow(packet.key):
            begin, end = lines.of(packet)
            flow.add(packet, (begin, end, begin, lane_of(packet.thread)[0], False))
    return Survey(account.flows, reading.stats, sources, tame=False)


class _LineNumbers:
    """First and last line of a packet as numbers over all files; files of one name count as the first of them."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._files = {source.name: file for file, source in reversed(list(enumerate(sources)))}

    def of(self, packet: TracePacket) -> tuple[int, int]:
        begin, end = (self._files[line.file] << LINE_BITS | line.number for line in (packet.lines[0], packet.lines[-1]))
        return begin, end
