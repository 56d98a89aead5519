"""One record of a bracket with its numbers, addresses and names left open, as a pattern over bytes.

What may be left open is not known from a list: a piece is open when the grammar reads the record alike with the
shortest and with the longest text in its place. The grammar treats all digits alike and limits lengths only from
above, so it then reads alike everything in between.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_grammar import Said

_OPEN_TEXT = (
    r"(?P<hex>0x[0-9a-f]+(?!\w))"
    r"|(?P<four>(?<![\w.:])\d{1,3}(?:\.\d{1,3}){3}(?!\w))"
    r"|(?P<six>(?<![\w.:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:.]))"
    r"|(?P<number>(?<!\w)\d+(?!\w))"
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A sort of text: its characters before the count, and its shortest and longest sample for a count."""

    pattern: str
    shortest: str
    longest: str  # the last character is repeated up to the count
    last: str  # what its characters behind the first are
    counts: tuple[int, ...] = (0,)
    least: int = 1

    def regex(self, count: int) -> str:
        return f"{self.pattern}{{{self.least},{count}}}" if count else self.pattern

    def sample(self, count: int) -> str:
        return self.longest + self.longest[-1] * (count - self.least) if count else self.longest


_KINDS = {
    "number": _Kind("[0-9]", "1", "1", "[0-9]", (20, 10, 5, 3)),
    "hex": _Kind("0x[0-9a-f]", "0xf", "0xf", "[0-9a-f]", (16, 8)),
    "digits": _Kind("[0-9a-f]", "f", "f", "[0-9a-f]", (16, 8)),  # hexadecimal without a prefix
    "four": _Kind("[0-9.]", "1.1.1.1", "1.1.1.1", "[0-9.]", (15,), 7),
    "six": _Kind("[0-9a-f:]", "::", "::", "[0-9a-f:]", (39,), 2),
    "name": _Kind("[A-Za-z0-9_.-]", "x", "x", "[A-Za-z0-9_.-]", (64,)),
    "interface": _Kind("[a-z]{1,7}-?[0-9][0-9/.]{0,20}", "a0", "aaaaaaa-0" + "0/." * 6, "[a-z0-9/.-]"),
    "flag": _Kind("[0-9a-f]{1,4}(?: [a-z]{1,8}){0,4}", "1", "ffff" + " aaaaaaaa" * 4, "[0-9a-z ]"),
    "pool": _Kind("[0-9/]", "1", "1", "[0-9/]", (15,)),
}
_OF_GROUP = {
    **dict.fromkeys(("src", "dst", "before", "after", "hop"), ("four", "six")),
    **dict.fromkeys(("sp", "dp", "bp", "ap", "thd", "length", "ipid", "id", "type", "code", "status"), ("number",)),
    **dict.fromkeys(("filter", "policy", "from", "to", "zone"), ("name",)),
    **dict.fromkeys(("ifp", "egress"), ("interface",)),
    "mbuf": ("hex",), "pointer": ("digits",), "hex": ("digits",), "flag": ("flag",), "rule": ("pool",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a record; without a kind it is literal. ``group`` is its name in the rule, empty outside."""

    text: str
    kind: str = ""
    group: str = ""
    count: int = 0

    @property
    def regex(self) -> str:
        """What it may be, as a pattern that ends with a count or is literal."""
        return _KINDS[self.kind].regex(self.count) if self.kind else re.escape(self.text)

    def stops_at(self, following: str) -> bool:
        """Whether the text that follows cannot be taken for a part of it, so that no match need ever go back."""
        return following != "" and re.fullmatch(_KINDS[self.kind].last, following[0]) is None

    def filled(self, *, longest: bool) -> str:
        """A sample of what it may be."""
        if not self.kind:
            return self.text
        return _KINDS[self.kind].sample(self.count) if longest else _KINDS[self.kind].shortest

    def as_literal(self) -> Piece:
        """The same, not open."""
        return replace(self, kind="")


def pieces_of(body: str, said: Said, interfaces: Collection[str], closed: Collection[str] = ()) -> list[Piece]:
    """Cut a body into pieces, open where that is safe.

    ``interfaces`` are names to be found in running text as well; groups named in ``closed`` stay as they are.
    """
    pieces = list(_cut(body, said, _Tokens(interfaces), closed))
    if said.drop is not None or said.name == "end":
        return [piece.as_literal() for piece in pieces]
    for index, piece in enumerate(pieces):
        pieces[index] = _widest(pieces, index, said) if piece.kind else piece
    safe = all(_alike([each.filled(longest=longest) for each in pieces], pieces, said) for longest in (False, True))
    return pieces if safe else [piece.as_literal() for piece in pieces]


def _cut(body: str, said: Said, tokens: _Tokens, closed: Collection[str]) -> Iterator[Piece]:
    indent = len(body) - len(body.lstrip())
    spans = [(a + indent, b + indent, name) for name, (a, b) in _spans(said).items()]
    done = 0
    for start, end, name in sorted(spans):
        yield from tokens.of(body[done:start])
        yield Piece(body[start:end], "" if name in closed else _kind(name, body[start:end]), name)
        done = end
    yield from tokens.of(body[done:])


def _spans(said: Said) -> dict[str, tuple[int, int]]:
    if said.match is None:
        return {}
    return {name: said.match.span(name) for name, text in said.match.groupdict().items() if text}


def _kind(group: str, text: str) -> str:
    for name in _OF_GROUP.get(group, ()):
        kind = _KINDS[name]
        if any(re.fullmatch(kind.regex(count), text) for count in kind.counts):
            return name
    return ""


class _Tokens:
    """Finds what may be open in text that is in no group."""

    def __init__(self, interfaces: Collection[str]) -> None:
        names = "|".join(re.escape(name) for name in sorted(interfaces, key=len, reverse=True))
        self._pattern = re.compile(
            rf"(?P<interface>(?<![\w./-])(?:{names})(?![\w/]))|{_OPEN_TEXT}" if names else _OPEN_TEXT, re.ASCII
        )

    def of(self, text: str) -> Iterator[Piece]:
        """Cut the text."""
        done = 0
        for found in self._pattern.finditer(text):
            kind = found.lastgroup or ""
            yield Piece(text[done : found.start()])
            yield Piece(found.group(), kind if _fits(kind, found.group()) else "")
            done = found.end()
        yield Piece(text[done:])


def _fits(kind: str, text: str) -> bool:
    return any(re.fullmatch(_KINDS[kind].regex(count), text) for count in _KINDS[kind].counts)


def _widest(pieces: Sequence[Piece], index: int, said: Said) -> Piece:
    """The piece with the greatest count that the grammar reads alike, or as a literal."""
    for count in _KINDS[pieces[index].kind].counts:
        wide = replace(pieces[index], count=count)
        texts = [each.text for each in pieces]
        texts[index] = wide.filled(longest=True)
        if re.fullmatch(wide.regex, pieces[index].text) and _alike(texts, pieces, said):
            return wide
    return pieces[index].as_literal()


def _alike(texts: Sequence[str], pieces: Sequence[Piece], said: Said) -> bool:
    """Whether the grammar reads these texts by the same rule, each group in its piece."""
    body = "".join(texts)
    again = grammar.read(body)
    if again.rule is not said.rule or again.drop != said.drop:
        return False
    at, expected = len(body.lstrip()) - len(body), {}
    for text, piece in zip(texts, pieces, strict=True):
        if piece.group:
            expected[piece.group] = (at, at + len(text))
        at += len(text)
    return _spans(again) == expected
