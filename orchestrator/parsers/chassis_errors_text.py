"""The text forms of chassis errors.

The table of counters is that of a published MX output. No source shows how it is laid out by scope and category: their
words (published as arguments of the command) are taken where they stand, in columns of their own, on lines of their
own, or behind a label. Active errors are read by field names: those a forwarding
engine prints (``show cmerror module N error ID``) and those of the published leaves. How a release lays them out for
``show chassis errors active detail`` is not published, so order and indentation do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.model.chassis import ActiveError, FpcErrors, LevelCounters, Severity
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer, node_heading

_HEADING = re.compile(
    r"(?:FPC\s+)?(?:(?:Error[ -])?Scope\s+)?(?:(?:Error[ -])?Category\s+)?(?:Error[ -])?Level\s+Occurred\s+Cleared\s+"
    r"Threshold\s+Action-Taken\s+Action",
    re.IGNORECASE,
)
_SCOPES = "(?i:board|pfe)"
_CATEGORIES = "(?i:functional|memory|io|storage|switch|processing)"
_ROW = re.compile(
    rf"(?:(?P<slot>\d{{1,3}})\s+)?(?:(?P<scope>{_SCOPES})\s+)?(?:(?P<category>{_CATEGORIES})\s+)?"
    r"(?P<level>Minor|Major|Fatal)\s+(?P<occurred>\d{1,10})\s+(?P<cleared>\d{1,10})\s+"
    r"(?P<threshold>\d{1,10})\s+(?P<taken>\d{1,10})(?:\s+(?P<actions>[A-Za-z][A-Za-z |_-]*))?"
)
# What the rows below it are of.
_PART = re.compile(
    rf"(?:FPC\s*:?\s*(?P<slot>\d{{1,3}})(?:\s*,|\s*:|\s+|$))?\s*"
    rf"(?:(?:(?:Error[ -])?Scope\s*:?\s*)?(?P<scope>{_SCOPES})(?:\s+scope)?(?:\s*,|\s*:|\s+|$))?\s*"
    rf"(?:(?:(?:Error[ -])?Category\s*:?\s*)?(?P<category>{_CATEGORIES})(?:\s+category)?\s*:?)?",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\d{1,3}")  # the slot on a line of its own
_STATE = re.compile(r"Pfe-State\s*:\s*(?P<state>\S.*)")
_UNIT = re.compile(r"(?P<unit>FPC (?P<slot>\d{1,3})|Routing Engine \d|[A-Z]{2,4} \d{1,2})")
_FIELD = re.compile(r"(?P<name>[A-Z][A-Za-z/ ()-]{1,40}?)\s*:\s?(?P<value>.*)")
_TITLE = re.compile(r"(?:System )?Active Errors(?: Detail)?(?: Information)?|No active errors", re.IGNORECASE)
# What the forwarding engine prints around an error, and below it.
_AROUND = re.compile(
    r"(?:SENT: )?(?:Ukern )?command: show .*|Logs:|-{10,}|Index\s+Time\s+Sub-Err\s+State\s+Description"
)
_LOG = re.compile(r"(?P<index>\d{1,5})\s{2,}(?P<said>\S.*)")
_SLOT = re.compile(r"FPC (\d{1,3})", re.IGNORECASE)

# Names of one thing: of the forwarding engine, of the leaves of the published reply.
_NAMES = {
    "error name": "name", "error": "name", "error id": "error_id", "identifier": "identifier",
    "description": "description", "details": "description", "state": "state", "scope": "scope", "scope type": "scope",
    "category": "category", "category type": "category", "pfe": "pfe", "configured level": "severity",
    "level": "severity", "default level": "default_severity", "count": "count", "threshold": "threshold",
    "error limit": "limit", "limit": "limit", "occur count": "occurred", "clear count": "cleared",
    "last occurred ms ago": "last_occurred", "last occurred": "last_occurred", "last occured": "last_occurred",
}  # fmt: skip
_BOTH = "occur clear count"
_WORDS = {"cm-alarm": "alarm", "getstate": "get-state"}


def actions(printed: str) -> tuple[str, ...]:
    """The actions of ``LOG|CM ALARM|`` as words of the configuration, in the order printed."""
    words = ("-".join(part.split()).lower().replace("_", "-") for part in printed.split("|"))
    return tuple(_WORDS.get(word, word) for word in words if word)


def active(said: Mapping[str, str], unit: str, node: str, place: Place) -> ActiveError:
    """An active error from its fields, whatever way they were printed."""
    known: dict[str, str] = {}
    others: dict[str, str] = {}
    for printed, value in said.items():
        name = _spoken(printed)
        if name == _BOTH:
            known["occurred"], _, known["cleared"] = (part.strip() for part in value.partition("/"))
        elif name in _NAMES:
            known.setdefault(_NAMES[name], value)
        else:
            others[printed] = value
    slot = _SLOT.search(unit)
    path = re.match(r"/fpc/(\d{1,3})/", known.get("identifier", ""))
    found = slot or path
    return ActiveError(
        name=known.get("name", ""),
        unit=unit,
        slot=int(found[1]) if found else None,
        node=node,
        identifier=known.get("identifier", ""),
        error_id=known.get("error_id", ""),
        description=known.get("description", ""),
        state=known.get("state", ""),
        scope=known.get("scope", ""),
        category=known.get("category", ""),
        pfe=known.get("pfe", ""),
        severity=severity(known.get("severity", "")),
        default_severity=severity(known.get("default_severity", "")),
        count=integer(known.get("count")),
        threshold=integer(known.get("threshold")),
        limit=integer(known.get("limit")),
        occurred=integer(known.get("occurred")),
        cleared=integer(known.get("cleared")),
        last_occurred=known.get("last_occurred", ""),
        others=others,
        place=place,
    )


def severity(word: str) -> Severity | None:
    """The level, ``None`` for a word that is none."""
    lowered = word.strip().lower()
    return Severity(lowered) if lowered in set(Severity) else None


def _spoken(name: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", name.lower()).split())


@dataclass(slots=True)
class _Page:
    """Where the reading of a text is: node, unit, scope and category, and what was begun."""

    node: str
    unit: str = ""
    card: FpcErrors | None = None
    part: tuple[int | None, str, str] = (None, "", "")
    in_table: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def has_place_for(self, row: re.Match[str]) -> bool:
        """Whether it is known which card a row is of: it says so, or it goes on with a card that lacks its level."""
        if row["slot"] is not None or (row["scope"] or row["category"]) is not None or self.card is None:
            return row["slot"] is not None or self.part[0] is not None
        return all(one.severity != row["level"].lower() for one in self.card.levels)

    def is_heading(self, text: str) -> bool:
        """Whether a line only says what follows."""
        self.in_table = self.in_table or _HEADING.fullmatch(text) is not None
        return any(known.fullmatch(text) for known in (_HEADING, _TITLE, _AROUND))

    def part_in(self, text: str) -> re.Match[str] | None:
        """What says which card, scope or category the lines below are of."""
        if unit := _UNIT.fullmatch(text):
            return unit
        found = None if self.fields else _PART.fullmatch(text)
        return found if found and (found["scope"] or found["category"]) else None

    def enter_part(self, found: re.Match[str]) -> None:
        """The lines below are of that part."""
        said = found.groupdict()
        self.unit = said.get("unit") or self.unit
        self.enter(said["slot"], said.get("scope"), said.get("category"))

    def field_in(self, text: str) -> tuple[str, str] | None:
        """Name and value of a field of an active error, or of a line of the log below it."""
        if (told := _FIELD.fullmatch(text)) and _means_something(told["name"]):
            return told["name"], told["value"].strip()
        log = _LOG.fullmatch(text) if self.fields else None
        return (f"log {log['index']}", log["said"]) if log else None

    def enter(self, slot: str | None, scope: str | None, category: str | None) -> None:
        """Rows are from now on of this part: what is not said goes on, but a new card or scope begins afresh."""
        of, within, kind = self.part
        if slot is not None:
            of, within, kind = int(slot), "", ""
        if scope is not None:
            within, kind = scope.lower(), ""
        self.part = of, within, kind if category is None else category.lower()

    def finished(self) -> Iterator[FpcErrors | ActiveError]:
        """What was begun is whole."""
        if self.card is not None:
            yield self.card
        if self.fields:
            place = Place.of_lines(self.lines[0].file, self.lines[0].number, self.lines[-1].number)
            yield active(self.fields, self.unit, self.node, place)
        self.card = None
        self.fields, self.lines = {}, []


def records(source: Source, tally: Tally, node: str) -> Iterator[FpcErrors | ActiveError]:
    """Cards with their counters, and active errors, in the order printed."""
    page = _Page(node)
    for line in source.lines():
        tally.lines += 1
        tally.recognised += 1
        text = plain_line(line.text)
        if heading := node_heading(text):
            yield from page.finished()
            page = _Page(heading)
        elif (row := _ROW.fullmatch(text)) and page.has_place_for(row):
            yield from _take_row(page, row, line)
        elif page.in_table and _ALONE.fullmatch(text):
            yield from page.finished()
            page.enter(text, None, None)
            page.card = FpcErrors(slot=int(text), node=page.node, place=Place(line.file, line.number, 0))
        elif (state := _STATE.fullmatch(text)) and page.card is not None:
            page.card = _with(page.card, line, pfe_state=state["state"])
        elif part := page.part_in(text):
            yield from page.finished()
            page.enter_part(part)
        elif told := page.field_in(text):
            if told[0] in page.fields:
                yield from page.finished()
            page.fields[told[0]] = told[1]
            page.lines.append(line)
        elif not page.is_heading(text):
            tally.recognised -= 1
            tally.unknown(line)
    yield from page.finished()


def _means_something(name: str) -> bool:
    spoken = _spoken(name)
    return spoken in _NAMES or spoken == _BOTH


def _take_row(page: _Page, row: re.Match[str], line: Line) -> Iterator[FpcErrors | ActiveError]:
    named = row["slot"] is not None or row["scope"] is not None or row["category"] is not None
    if named or page.card is None or (page.card.scope, page.card.category) != page.part[1:]:
        empty = page.card is not None and not page.card.levels and row["slot"] is None
        if empty:
            page.card = None  # only its slot was printed yet
        yield from page.finished()
        page.enter(row["slot"], row["scope"], row["category"])
        slot, scope, category = page.part
        place = Place(line.file, line.number, 0)
        page.card = FpcErrors(slot=slot or 0, node=page.node, scope=scope, category=category, place=place)
    level = LevelCounters(
        severity=Severity(row["level"].lower()),
        occurred=int(row["occurred"]),
        cleared=int(row["cleared"]),
        threshold=int(row["threshold"]),
        action_taken=int(row["taken"]),
        actions=actions(row["actions"] or ""),
    )
    page.card = _with(page.card, line, levels=(*page.card.levels, level))


def _with(
    card: FpcErrors, line: Line, *, levels: tuple[LevelCounters, ...] | None = None, pfe_state: str = ""
) -> FpcErrors:
    first = card.place.start if card.place else line.number
    return replace(
        card,
        levels=card.levels if levels is None else levels,
        pfe_state=pfe_state or card.pfe_state,
        place=Place.of_lines(line.file, first, line.number),
    )
