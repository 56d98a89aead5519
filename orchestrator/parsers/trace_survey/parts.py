"""Parts of a trace that are read side by side, and put together again in order.

Only the first part knows what is open when it begins. The others keep the lines of each lane up to its first end and go
on as if nothing were open behind it; when the parts meet, the true state reads those lines and shows whether that was
right. Where it was not, the part is read again from the true state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.model.flow_trace import Line
from orchestrator.model.trace_flow import LINE_BITS, Extent, TraceFlow
from orchestrator.parsers.flow_trace_lines import TraceRecord
from orchestrator.parsers.source import Source
from orchestrator.parsers.trace_survey.account import Account, Untame
from orchestrator.parsers.trace_survey.lane import Run, SurveyLane
from orchestrator.parsers.trace_survey.reader import Reader, whole_lines

_BLOCK_BYTES = 1 << 18
_LOOK_AHEAD = 1 << 16  # for the end of a line
_GZIP_GROWTH = 12  # text of a trace against its gzip form
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a file from ``start`` to ``stop``, which are line starts; ``None`` is the end of the file."""

    file: int
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane of a part, for the merge."""

    name: str
    alone: bool
    unsure: bool
    crowded: bool
    guessed: bool
    head: list[Run]
    waiting: list[Run]


@dataclass(frozen=True, slots=True)
class PartResult:
    """What a part held; lines of the file it begins in are counted from 1."""

    account: Account
    lanes: list[LaneState]
    line: int
    first: tuple[int, str]
    last: str
    damage: dict[int, str]


def plan(sources: Sequence[Source], parts: int) -> list[list[Stretch]]:
    """Cut a set into parts of about the same size: between files, and at line ends inside a file that is not packed."""
    sizes = [_size(source) for source in sources]
    goals = [sum(sizes) * number // parts for number in range(1, parts)]
    planned: list[list[Stretch]] = [[]]
    done = 0
    for file, (source, size) in enumerate(zip(sources, sizes, strict=True)):
        start = 0
        for goal in [goal for goal in goals if done <= goal < done + size]:
            cut = _line_start(source, goal - done) if not _is_packed(source) else 0
            if cut > start:
                planned[-1].append(Stretch(file, start, cut))
                start = cut
            if planned[-1]:
                planned.append([])
        planned[-1].append(Stretch(file, start))
        done += size
    return [part for part in planned if part]


def read_part(reader: Reader, sources: Sequence[Source], part: Sequence[Stretch], most: int | None = None) -> None:
    """Read the stretches of a part, ``most`` bytes at a time."""
    for stretch in part:
        if not stretch.start:
            reader.begin(stretch.file)
        elif reader.line >> LINE_BITS != stretch.file or not reader.lanes:
            reader.begin(stretch.file, dated=False)
        reader.read(whole_lines(_blocks(sources[stretch.file], stretch), most))


def survey_part(sources: list[Source], part: list[Stretch], most: int | None = None) -> PartResult | None:
    """Read a part that begins in the middle; ``None`` when it cannot be merged."""
    reader = Reader(sources, middle=True)
    try:
        read_part(reader, sources, part, most)
    except Untame:
        return None
    if not all(lane.idle for lane in reader.lanes.values()):
        return None
    reader.settle()
    lanes = [_state(lane) for lane in reader.lanes.values()]
    damage = {stretch.file: sources[stretch.file].damage for stretch in part if sources[stretch.file].damage}
    return PartResult(reader.account, lanes, reader.line, reader.first, reader.last, damage)


def merge(reader: Reader, result: PartResult, part: Sequence[Stretch]) -> bool:
    """Go on in ``reader`` behind a part that was read elsewhere; ``False`` leaves it as it was."""
    begins_inside = part[0].start > 0
    shift = (reader.line & ((1 << LINE_BITS) - 1)) - 1 if begins_inside else 0
    first, name = result.first
    moved = _Moved(part[0].file, shift, first if reader.last == name else -1)
    lanes = [moved.lane(state) for state in result.lanes]
    if not all(_fits(reader, state) for state in lanes):
        return False
    for state in lanes:
        lane = reader.lane(state.name, alone=state.alone)
        _replay(lane, state)
        lane.crowded = lane.crowded or state.crowded
        lane.resume(state.waiting if not state.unsure else [])
    reader.account.merge(moved.account(result.account))
    reader.line = moved.line(result.line)
    reader.last = result.last or reader.last
    return True


def _fits(reader: Reader, state: LaneState) -> bool:
    """Whether the lines up to the first end leave nothing open, which is what the part has taken for granted."""
    lane = reader.lane(state.name, alone=state.alone)
    if state.unsure:
        return True
    if not lane.idle or (lane.crowded and state.guessed):
        return False
    trial = reader.scratch(lane)
    for run in lane.waiting:
        trial.wait(run)
    _replay(trial, state)
    return trial.calm and not (trial.crowded and state.guessed)


def _replay(lane: SurveyLane, state: LaneState) -> None:
    runs = [*state.head, *(state.waiting if state.unsure else [])]
    for index, run in enumerate(runs):
        if not state.unsure and index == len(state.head) - 1:
            begin, text, _ = run
            lane.end(run, begin + (text.count(b"\n") if isinstance(text, bytes) else 1) - 1)
        else:
            lane.wait(run)


def _state(lane: SurveyLane) -> LaneState:
    return LaneState(lane.name, lane.alone, lane.unsure, lane.crowded, lane.guessed, lane.head, lane.waiting)


class _Moved:
    """Moves the line numbers of a part that begins inside a file to where they belong."""

    def __init__(self, file: int, shift: int, joined: int) -> None:
        self._file = file
        self._shift = shift
        self._joined = joined  # where a record stands that follows one of its lane in the part before

    def line(self, at: int) -> int:
        return at + self._shift if at >> LINE_BITS == self._file else at

    def lane(self, state: LaneState) -> LaneState:
        return replace(state, head=list(map(self._run, state.head)), waiting=list(map(self._run, state.waiting)))

    def account(self, account: Account) -> Account:
        account.samples = [(self.line(at), text) for at, text in account.samples]
        if self._shift:
            for flow in account.flows.values():
                self._flow(flow)
        return account

    def _run(self, run: Run) -> Run:
        begin, lines, joined = run
        if isinstance(lines, TraceRecord):
            place = lines.line
            lines = replace(lines, line=Line(place.file, self.line(place.number), place.text))
        return self.line(begin), lines, joined or begin == self._joined

    def _flow(self, flow: TraceFlow) -> None:
        flow.early = tuple(map(self._extent, flow.early))
        flow.drops = tuple((reason, tuple(map(self._extent, some))) for reason, some in flow.drops)
        flow.late = self._extent(flow.late) if flow.late else None

    def _extent(self, extent: Extent) -> Extent:
        begin, end, since, lane, crowded = extent
        return self.line(begin), self.line(end), self.line(since), lane, crowded


def _size(source: Source) -> int:
    size = source.path.stat().st_size if source.path else len(source.data)
    return size * (_GZIP_GROWTH if _is_packed(source) else 1)


def _is_packed(source: Source) -> bool:
    if source.path is None:
        return source.data.startswith(_GZIP_MAGIC)
    with source.path.open("rb") as stream:
        return stream.read(2) == _GZIP_MAGIC


def _line_start(source: Source, goal: int) -> int:
    """The first line start behind ``goal``, 0 when none is near."""
    data = next(_raw(source, goal, goal + _LOOK_AHEAD), b"")
    found = data.find(b"\n")
    return goal + found + 1 if found >= 0 else 0


def _blocks(source: Source, stretch: Stretch) -> Iterator[bytes]:
    if not stretch.start and stretch.stop is None:
        return source.blocks()
    return _raw(source, stretch.start, stretch.stop)


def _raw(source: Source, start: int, stop: int | None) -> Iterator[bytes]:
    path: Path | None = source.path
    if path is None:
        yield source.data[start:stop]
        return
    with path.open("rb") as stream:
        stream.seek(start)
        left = (stop if stop is not None else 1 << 62) - start
        while left > 0 and (block := stream.read(min(left, _BLOCK_BYTES))):
            left -= len(block)
            yield block
