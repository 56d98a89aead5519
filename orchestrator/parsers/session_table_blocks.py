"""The fast way through a large session table: sessions as blocks of text, everything else to the XML parser.

The sessions of one reply have few shapes, a shape being the sequence of tags. A shape is learnt from the first block
that has it and is from then on one regular expression. Blocks of a known shape are cut out of the stream and the XML
parser gets one empty element for a whole run of them, so that it goes on following which node and which SPU speaks.
Whatever is not of the plainest form (entities, comments, prefixes, a nested element, a character that is not printable
ASCII, a prompt beside it) stays in the stream, and where the text around the blocks is not plain either, nothing is cut
out any more: then the XML parser reads all, and the records are the same.
"""

from __future__ import annotations

import codecs
import re
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.model.flow_session import FlowSession
from orchestrator.model.place import Place
from orchestrator.parsers.record_maker import maker
from orchestrator.parsers.session_table_records import SESSION_LEAVES, WING_LEAVES, session_of, wing_of
from orchestrator.parsers.source import Source

_CHUNK_BYTES = 1 << 17  # smaller blocks are put together
_LONGEST_BLOCK = 1 << 20  # a session that has not ended by then is left to the XML parser
_SHAPES = 12
_KEPT_CHUNKS = 4  # whose runs wait for the XML parser, which is a chunk or two behind

_BEGIN = "<flow-session"
_END = "</flow-session>"
_SPACE = r"[ \t\r\n]*+"
# Printable ASCII without < > & and without what prompts, rules and a pager's marks are made of, and not ending in a
# blank, so that it need not be stripped.
_VALUE = _SPACE + r"(?!--)([ !-%')-;=?A-Z\[-z|}~]*+)(?<! )" + _SPACE
_STYLE, _XMLNS = (rf" {name}=\"[\w.:/-]*+\"" for name in ("junos:style", "xmlns"))
_ATTRIBUTES = f"(?:{_STYLE}(?:{_XMLNS})?|{_XMLNS}(?:{_STYLE})?)?"
_OPENING = {name: re.compile(f"<{name}{_ATTRIBUTES}>", re.ASCII) for name in ("flow-session", "flow-information")}
_IDENTIFIER = _SPACE + "([0-9]{1,20}+)" + _SPACE  # nothing else names a session
_LEAF = re.compile(rf"([ \t\r\n]*+)<([a-z][a-z0-9-]*+)(?:/>|>{_VALUE}</\2>)")
_BLANKS = re.compile(_SPACE)
# Elements that mean something wherever they stand.
_OTHER_MEANING = re.compile(
    r"re-name|multi-routing-.*|(?:dcp-)?flow-(?:session|information|fpc|pic).*"
    r"|(?:rpc-)?error|(?:error-)?message|capture|output"
)
# Text around the blocks after which an XML parser expects content, whatever was cleaned away inside.
_PLAIN = re.compile(
    r"(?:[^<&]++"
    r"|<[A-Za-z_][\w.:-]*+(?:[ \t\r\n]++[\w.:-]++=\"[^\"<>&(\x1b]*+\")*+[ \t\r\n]*+/?>"
    r"|</[A-Za-z_][\w.:-]*+>"
    r"|<!--[ \w.,]*+-->"
    r"|&(?:amp|lt|gt|quot|apos);)*+",
    re.ASCII,
)
_place = maker(Place)
_PROMPT = re.compile(r"[@{]")


class _Shape:
    """One sequence of tags: what matches it, and which of its groups are what."""

    def __init__(self, pattern: str, names: list[str], leaves: tuple[str, ...]) -> None:
        self.match = re.compile(pattern + "()").match  # the last group is the text of what is not there
        nothing = len(names) + 1
        self._texts = [names.index(name) + 1 if name in names else nothing for name in leaves]
        rest = [number for number, name in enumerate(names, start=1) if name not in leaves]
        self._names = [names[number - 1] for number in rest]
        self._rest = (*rest, *[nothing] * (2 - len(rest)))  # fewer than two groups would not be a tuple

    def sort_out(self, found: re.Match[str]) -> tuple[tuple[str, ...], dict[str, str]]:
        """The texts of the leaves that have a field, and all others that are not empty."""
        rest = found.group(*self._rest)
        if "" in rest:
            return found.group(*self._texts), {
                name: text for name, text in zip(self._names, rest, strict=False) if text
            }
        return found.group(*self._texts), dict(zip(self._names, rest, strict=True))


_Part = tuple[_Shape, re.Match[str]]


class _Shapes:
    """The shapes of one part of a block, the one that was seen last first."""

    def __init__(self, name: str, leaves: tuple[str, ...]) -> None:
        self._name = name
        self._leaves = leaves
        self._known: list[_Shape] = []

    def match(self, text: str, at: int) -> _Part | None:
        """What begins at ``at``, if it is of a shape that is known or can be learnt."""
        for position, shape in enumerate(self._known):
            if found := shape.match(text, at):
                if position:
                    self._known.insert(0, self._known.pop(position))
                return shape, found
        learnt = self._learn(text, at) if len(self._known) < _SHAPES else None
        if learnt is None or not (found := learnt.match(text, at)):
            return None
        self._known.insert(0, learnt)
        return learnt, found

    def _learn(self, text: str, at: int) -> _Shape | None:
        opening = _OPENING[self._name].match(text, at)
        if not opening:
            return None
        names: list[str] = []
        pattern = [re.escape(opening.group())]
        at = opening.end()
        while leaf := _LEAF.match(text, at):
            blanks, name, at = leaf[1], leaf[2], leaf.end()
            names.append(name)
            value = _IDENTIFIER if name == "session-identifier" else _VALUE
            pattern.append(blanks)
            pattern.append(f"<{name}>{value}</{name}>" if leaf[3] is not None else f"<{name}/>()")
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr] # it always matches
        closing = f"</{self._name}>"
        if self._name == "flow-information" and text.startswith(closing, at):
            pattern += (_SPACE, closing)
        elif self._name == "flow-information" or not text.startswith((closing, "<flow-information"), at):
            return None
        pattern.append(_SPACE)
        if self._name == "flow-session" and "session-identifier" not in names:
            return None
        if not names or len(set(names)) != len(names) or any(map(_OTHER_MEANING.fullmatch, names)):
            return None
        return _Shape("".join(pattern), names, self._leaves)


_Block = tuple[int, int, _Part, list[_Part]]  # first byte, byte behind the last, what is before the wings, the wings


class Cutter:
    """Cuts runs of blocks out of a stream and gives them back as sessions when the XML parser comes to the place."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._mark = secrets.token_hex(8)  # nobody can write it into an input beforehand
        self._count = 0
        self._heads = _Shapes("flow-session", SESSION_LEAVES)
        self._wings = tuple(_Shapes("flow-information", WING_LEAVES) for _ in range(2))  # the first, and all others
        self._runs: deque[dict[str, list[_Block]]] = deque(maxlen=_KEPT_CHUNKS)
        self._base = 0  # bytes before the chunk
        self._plain = True  # nothing has been seen yet that only an XML parser can judge
        self._prompt = False  # what was handed on of the present line may be a prompt

    def cut(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the stream with an empty element in place of each run."""
        waiting = b""
        for block in blocks:
            waiting += block
            if self._plain and len(waiting) < _CHUNK_BYTES:
                continue
            given, used = self._chunk(waiting, last=False) if self._plain else (waiting, len(waiting))
            waiting = waiting[used:]
            yield given
        yield self._chunk(waiting, last=True)[0] if self._plain else waiting

    def sessions(self, mark: str, where: tuple[str, str]) -> Iterator[FlowSession] | None:
        """The sessions of a run, printed by node and SPU; ``None`` for a mark that is not of this reading."""
        for runs in self._runs:
            if mark in runs:
                found = (self._session(block, where) for block in runs.pop(mark))
                return (session for session in found if session is not None)
        return None

    def _session(self, block: _Block, where: tuple[str, str]) -> FlowSession | None:
        start, end, (shape, found), parts = block
        wings = tuple([wing_of(*wing.sort_out(each)) for wing, each in parts])
        return session_of(*shape.sort_out(found), wings, where, _place(self._name, start, end, None))

    def _chunk(self, data: bytes, *, last: bool) -> tuple[bytes, int]:
        """Cut one chunk; returns what to hand on and how many bytes of the chunk that covers."""
        text = data.decode("latin-1")  # one character a byte; only ASCII matters here
        self._runs.append({})
        given: list[str] = []
        done = at = 0
        while (start := text.find(_BEGIN, at)) >= 0:
            block = self._block(text, start)
            if block is None:
                if not last and text.find(_END, start) < 0 and len(text) - start < _LONGEST_BLOCK:
                    break
                at = start + len(_BEGIN)
                continue
            if not self._may_cut(text, done, start):
                if not self._plain:
                    break
                at = start + len(_BEGIN)
                continue
            run, at = self._run(text, block)
            given += (text[done:start], self._element(run, text.count("\n", start, at)))
            self._prompt = self._prompt_after(text, done, at)
            done = at
        cut = len(text) if last or not self._plain else self._cut(text, done, start)
        if self._plain and not _PLAIN.fullmatch(text, done, cut):
            self._plain = False
            cut = len(text)
        given.append(text[done:cut])
        self._prompt = self._prompt_after(text, done, cut)
        self._base += cut
        return "".join(given).encode("latin-1"), cut

    def _may_cut(self, text: str, done: int, start: int) -> bool:
        """Whether what stands before a block lets it be cut out; what is not plain ends all cutting."""
        if start == done:
            return not self._prompt
        if not _PLAIN.fullmatch(text, done, start):
            self._plain = False
            return False
        return not self._prompt_after(text, done, start)

    def _prompt_after(self, text: str, done: int, end: int) -> bool:
        """Whether the line that goes on at ``end`` holds what a prompt or a banner would."""
        line = text.rfind("\n", done, end) + 1
        return bool(_PROMPT.search(text, line or done, end)) or (not line and self._prompt)

    def _cut(self, text: str, done: int, start: int) -> int:
        """How much to hand on now: all but a session or a tag that has not ended."""
        if start >= 0:
            return start
        tag = text.rfind("<", done)
        return len(text) if tag < 0 or ">" in text[tag:] or len(text) - tag > _LONGEST_BLOCK else tag

    def _run(self, text: str, block: _Block) -> tuple[list[_Block], int]:
        """The block and those that follow with nothing but blanks between."""
        run = [block]
        while True:
            end = run[-1][1] - self._base
            following = self._block(text, _BLANKS.match(text, end).end())  # type: ignore[union-attr] # always matches
            if following is None:
                return run, end
            run.append(following)

    def _block(self, text: str, start: int) -> _Block | None:
        head = self._heads.match(text, start)
        if head is None:
            return None
        end = head[1].end()
        wings: list[_Part] = []
        while not text.startswith(_END, end):
            wing = self._wings[1 if wings else 0].match(text, end)
            if wing is None:
                return None
            wings.append(wing)
            end = wing[1].end()
        end += len(_END)
        return self._base + start, self._base + end, head, wings

    def _element(self, run: list[_Block], lines: int) -> str:
        """The empty element for a run; as many line ends as it had keep the line numbers right."""
        self._count += 1
        mark = f"{self._mark}-{self._count}"
        self._runs[-1][mark] = run
        return f'<flow-session run="{mark}"{chr(10) * lines}/>'


@dataclass(slots=True)
class CutSource(Source):
    """A source as the XML parser gets it, with the runs of plain blocks cut out."""

    whole: Source = field(kw_only=True)
    cutter: Cutter = field(kw_only=True)

    def blocks(self) -> Iterator[bytes]:
        """Yield what is left."""
        return self.cutter.cut(self.whole.blocks())

    def texts(self) -> Iterator[tuple[str, bool]]:
        """Yield it decoded, without waiting for a line's end: a run must not wait long for its element."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        for block in self.blocks():
            rest += decoder.decode(block)
            cut = rest.rfind("\n") + 1 or len(rest)
            yield rest[:cut], True
            rest = rest[cut:]
        yield rest + decoder.decode(b"", final=True), True
