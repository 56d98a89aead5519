"""What a forwarding engine prints for ``request pfe execute``.

Every row of a table becomes a row with its columns, every ``name: value`` a row of the table ``values`` with the
headings it stands under. Nothing is dropped: what fits no layout is counted as unread. Releases up to 15.x put
``GOT:``, ``SENT:`` and ``LOCAL:`` before each line (facts: PyEZ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.model.chassis import PfeRow
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.parsers.paste import plain
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source

VALUES = "values"
SAID = "host loopback"
_SIGN = re.compile(
    r"SENT: Ukern command|^(?:GOT: )?\s*Module\s+Name\s+Active Errors|Host Loopback Toolkit|Wedge poll thread|"
    r"^\w+CHIP\(\d+\) generic config|^\s*Stream \d+: halt flag|LI interrupt statistics|^PID PR State|PCI ERROR: |"
    r"^command: show |^\s*Error-id\s*:|^\s*Error-id\s+(?:PFE\s+)?Level\s|"
    r"^\s*\d+\s+\S+\s+\d+\s+(?:Yes|No)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s*$",
    re.MULTILINE,
)
_PREFIX = re.compile(r"(?:GOT|LOCAL): ?")
_COMMAND = re.compile(r"(?:SENT: Ukern command|SENT|command): (?P<command>show .+)")
_FILLER = re.compile(r"[-=\s]*|Output for given command:|\s{10,}Specific\s+Function\s*|(?:LOCAL: )?End of file")
_VALUE = re.compile(r"(?P<name>\S[^:]*?)\s*(?::|\.{3,}:?)\s*(?P<value>\S.*)")
_REGISTER = re.compile(r"(?P<name>\S.*?)\s+(?P<value>0x[0-9a-f]+.*)")
_SPACED = re.compile(r"(?P<name>\S(?:\S| \S)*?)\s{2,}(?P<value>\S.*)")
_OF_MODULE = re.compile(r"(?P<name>Module|PFE support) (?P<value>\(\d+\) \(.+\)|\d+)")  # above the errors it knows
_HEADED_VALUE = re.compile(r"Stream \d+:")

_MODULES = re.compile(
    r"(?P<module>\d+)\s+(?P<name>\S.*?)\s+(?P<active_errors>\d+)"
    r"(?:\s+(?P<pfe_specific>Yes|No)\s+(?P<callback>0x[0-9a-f]+)\s+(?P<data>0x[0-9a-f]+))?"
)
# Layouts by the heading that begins them.
_LAYOUTS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "modules",
        re.compile(r"Module\s+Name\s+Active Errors.*"),
        _MODULES,
    ),
    (
        "errors",
        re.compile(r"Error-id\s+(?:PFE\s+)?Level\s+Threshold\s+Count\s+Occurr?ed\s+Cleared\s+Last-occurr?ed.*Name"),
        re.compile(
            r"(?P<error_id>0x[0-9a-fA-F]+)\s+(?:(?P<pfe>\d+)\s+)?(?P<level>[A-Z][a-z]+)\s+(?P<threshold>\d+)\s+"
            r"(?P<count>\d+)\s+(?P<occurred>\d+)\s+(?P<cleared>\d+)\s+(?P<last_occurred>\d+)\s+(?P<name>\S.*)"
        ),
    ),
    (
        "error log",
        re.compile(r"Index\s+Time\s+Sub-Err\s+State\s+Description"),
        re.compile(r"(?P<index>\d+)\s+(?P<said>\S.*)"),
    ),
    (
        "threads",
        re.compile(r"PID PR State\s+Name\s+Stack Use.*"),
        re.compile(
            r"(?P<pid>\d+) (?P<priority>[A-Z])\s+(?P<state>\w+)\s+(?P<name>\S.*?)\s+(?P<stack_used>\d+)/"
            r"(?P<stack_size>\d+)\s+(?P<last>\d+)/(?P<max>\d+)/(?P<total_ms>\d+) ms\s+(?P<cpu_percent>\d+)%"
        ),
    ),
    (
        "lookup clients",
        re.compile(r"CID\s+Name\s+PfeInst\s+AscIdx.*"),
        re.compile(
            r"(?P<client>\d+)\s+(?P<name>\S+)\s+(?P<pfe>\d+)\s+(?P<asic>\d+)\s+(?P<ppe_mask>0x[0-9a-f]+)\s+"
            r"(?P<zone_mask>0x[0-9a-f]+)\s+(?P<third_mask>0x[0-9a-f]+)\s+(?P<reorder_check>\w+)\s+(?P<mode>\w+)"
        ),
    ),
    (
        "lookup states",
        re.compile(r"Client ID\s+Curr State\s+Prev State\s+Last read"),
        re.compile(r"(?P<client>\d+)\s+(?P<state>[A-Z_]+)\s+(?P<previous>[A-Z_]+)\s+(?P<last_read>\d+)"),
    ),
    (
        "interrupts",
        re.compile(r"LI Block\s+Interrupt Name.*"),
        re.compile(r"(?P<block>\d+)\s+(?P<name>\w+)\s+(?P<count>\d+)\s+(?P<last>\S.*)"),
    ),
    (
        "interrupts",
        re.compile(r"Interrupt Name\s+Number of Interrupts.*"),
        re.compile(r"(?P<name>\w+)\s+(?P<count>\d+)(?:\s+(?P<last>\S.*))?"),
    ),
)
_PCI = re.compile(
    r"PCI ERROR: (?P<device>\S+) \((?P<register>0x[0-9a-f]+)\)\s+(?P<name>\S.*?) : (?P<value>0x[0-9a-f]+)"
)
_LOOPBACK = re.compile(r"Host Loopback Toolkit Status Summary:")


def is_one(head: str) -> bool:
    """Whether a text is such an output."""
    return _SIGN.search(head) is not None


@dataclass(slots=True)
class _Page:
    """Where the reading is: the command, the layout in force, and the headings by their indentation."""

    command: str
    target: str
    layout: tuple[str, re.Pattern[str]] | None = None
    headings: list[tuple[int, str]] = field(default_factory=list)

    def under(self, indent: int) -> str:
        """The headings above a line of that indentation."""
        self.headings = [one for one in self.headings if one[0] < indent]
        return " / ".join(name for _, name in self.headings)


def rows(source: Source, tally: Tally, command: str = "", target: str = "") -> Iterator[PfeRow]:
    """Every row and value in the order printed."""
    page = _Page(command, target)
    for line in source.lines():
        tally.lines += 1
        text = plain(_PREFIX.sub("", line.text, count=1) if line.text.startswith(("GOT:", "LOCAL:")) else line.text)
        told = list(_read(page, text, line))
        if told or _is_furniture(page, text):
            tally.recognised += 1
        else:
            tally.unknown(line)
        yield from told


def _is_furniture(page: _Page, text: str) -> bool:
    """Headings, rules and the echo of the command; a new heading takes force."""
    stripped = text.strip()
    if found := _COMMAND.fullmatch(stripped):
        page.command, page.layout, page.headings = found["command"], None, []
        return True
    for table, heading, row in _LAYOUTS:
        if heading.fullmatch(stripped):
            page.layout = table, row
            return True
    if _LOOPBACK.fullmatch(stripped):
        page.layout = SAID, re.compile(r"(?P<said>.+)")
        return True
    if _FILLER.fullmatch(text):
        return True
    return _begins_section(page, text)


def _begins_section(page: _Page, text: str) -> bool:
    """A line that holds nothing but a title: with a colon, or indented above what follows."""
    stripped = text.strip()
    indent = len(text) - len(text.lstrip())
    if not stripped.endswith(":") and not re.fullmatch(r"[A-Z]\w*(?: \w+){0,3}", stripped):
        return False
    page.under(indent)
    page.headings.append((indent, stripped.rstrip(":")))
    page.layout = None
    return True


def _read(page: _Page, text: str, line: Line) -> Iterator[PfeRow]:
    stripped = text.strip()
    place = Place.of_lines(line.file, line.number, line.number)
    if _COMMAND.fullmatch(stripped) or _FILLER.fullmatch(text):
        return
    if any(heading.fullmatch(stripped) for _, heading, _ in _LAYOUTS) or _LOOPBACK.fullmatch(stripped):
        return
    if found := _PCI.fullmatch(stripped):
        yield _row(page, "pci errors", found.groupdict(), place)
    elif page.layout is not None and (found := page.layout[1].fullmatch(stripped)):
        yield _row(page, page.layout[0], found.groupdict(), place)
    elif (found := _MODULES.fullmatch(stripped)) and found["data"]:  # a line that was searched for, without its heading
        yield _row(page, "modules", found.groupdict(), place)
    elif not stripped.endswith(":"):
        yield from _value(page, text, place)


def _value(page: _Page, text: str, place: Place) -> Iterator[PfeRow]:
    stripped = text.strip()
    indent = len(text) - len(text.lstrip())
    found = (
        _VALUE.fullmatch(stripped)
        or _OF_MODULE.fullmatch(stripped)
        or _REGISTER.fullmatch(stripped)
        or _SPACED.fullmatch(stripped)
    )
    if found is None:
        return
    yield _row(page, VALUES, {"under": page.under(indent), "name": found["name"], "value": found["value"]}, place)
    if _HEADED_VALUE.match(stripped):
        page.headings.append((indent, found["name"]))


def _row(page: _Page, table: str, said: dict[str, str | None], place: Place) -> PfeRow:
    values = {name: value for name, value in said.items() if value is not None}
    return PfeRow(table=table, values=values, command=page.command, target=page.target, place=place)
