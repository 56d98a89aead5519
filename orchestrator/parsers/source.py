"""Where the text comes from: a file, plain or gzip, or bytes already in memory."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from isal import isal_zlib

from orchestrator.model.flow_trace import Line

_BLOCK_BYTES = 1 << 18
_LONGEST_LINE_BYTES = 1 << 16  # a longer line is read in pieces, so that junk without line ends costs no memory
_LONGEST_PROMPT = 300  # characters; a page that lost its line ends has the output behind the command
_GZIP_MAGIC = b"\x1f\x8b"

# What a terminal leaves in a saved session.
_ESCAPE = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")
_PAGER = re.compile(r"---\(\s*more[^)\n]{0,20}\)---[ \b]*")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe]")
_NOISE = re.compile(
    r"\s*(?:"
    r"[\w.-]+@[\w.:-]+[>#%](?: .*)?"  # user@host> show ...
    r"|(?:[A-Za-z][\w.-]*)?> ?(?:show|request|monitor) .*|[A-Za-z][\w.-]*>"  # host> show ...
    r"|\{(?:primary|secondary|secondary-hold|hold|lost|disabled|ineligible|master|backup|linecard)[^}]{0,20}\}"
    r"(?:\[edit[^\]]*\])?"
    r"|\[edit[^\]]*\]"  # the line above the prompt in configuration mode
    r"|\]\]>\]\]>"  # NETCONF 1.0 end of message
    r"|-{20,}"  # the rule under a node's name
    r")\s*"
)


class SourceError(OSError):
    """The bytes cannot be read."""


@dataclass(slots=True)
class Source:
    """One input of a parser.

    ``name`` is what evidence and errors call it. ``modified`` is the time of the file on the device, which gives a
    trace its year. ``damage`` says after reading why the end is missing, for a gzip file that was cut.
    """

    name: str
    path: Path | None = None
    data: bytes = b""
    modified: datetime | None = None
    damage: str = field(default="", init=False)

    @classmethod
    def of_path(cls, path: Path | str, modified: datetime | None = None) -> Source:
        """Read a file; gzip is told by its first bytes, not by its name. Its own time serves when none is given."""
        path = Path(path)
        return cls(str(path), path, modified=modified or datetime.fromtimestamp(path.stat().st_mtime, tz=UTC))

    @classmethod
    def of_bytes(cls, data: bytes, name: str = "input", modified: datetime | None = None) -> Source:
        """Read bytes in memory."""
        return cls(name, data=data, modified=modified)

    @classmethod
    def of_text(cls, text: str, name: str = "input", modified: datetime | None = None) -> Source:
        """Read text in memory."""
        return cls(name, data=text.encode(errors="replace"), modified=modified)

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes, decompressed, in blocks of any size; a cut gzip file ends early and sets ``damage``."""
        with self.path.open("rb") if self.path else io.BytesIO(self.data) as stream:
            head = stream.read(2)
            stream.seek(0)
            raw = iter(lambda: stream.read(_BLOCK_BYTES), b"")
            yield from self._gunzip(raw) if head == _GZIP_MAGIC else raw

    def _gunzip(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        member = isal_zlib.decompressobj(wbits=31)
        try:
            for block in raw:
                rest = block
                while rest:
                    if member.eof:
                        if not rest.lstrip(b"\0"):
                            break  # padding behind the last member
                        member = isal_zlib.decompressobj(wbits=31)
                    yield member.decompress(rest, _BLOCK_BYTES)
                    rest = member.unconsumed_tail or member.unused_data
            if not member.eof:
                yield member.flush()
                self.damage = "the gzip file is cut: its end is missing"
        except isal_zlib.error as error:  # type: ignore[misc]  # its stub does not say that it is an exception
            self.damage = f"the gzip file is damaged: {error}"

    def texts(self) -> Iterator[tuple[str, bool]]:
        """Yield decoded pieces that end at a line end (True) or, in a line beyond all measure, anywhere (False)."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        for block in self.blocks():
            rest += decoder.decode(block)
            cut = rest.rfind("\n") + 1
            if cut or len(rest) > _LONGEST_LINE_BYTES:
                yield (rest[:cut], True) if cut else (rest, False)
                rest = rest[cut:] if cut else ""
        rest += decoder.decode(b"", final=True)
        if rest:
            yield rest, True

    def lines(self) -> Iterator[Line]:
        """Yield the lines that hold something, cleaned of what terminals, pagers and copying leave behind."""
        number = 1
        for piece, _whole in self.texts():
            for raw in piece.split("\n"):
                for text in cleaned(raw):
                    yield Line(self.name, number, text)
                number += 1
            number -= 1  # the part behind the last line end belongs to the next piece

    def head(self) -> str:
        """The first characters, at most a block, decoded."""
        for text, _whole in self.texts():
            if text.strip():
                return text.lstrip("\n")[:_LONGEST_LINE_BYTES]
        return ""


def cleaned(raw: str) -> Iterator[str]:
    """Split a line where the terminal returned its carriage, and drop pager marks, prompts and blanks."""
    plain = raw.isprintable() and "---(" not in raw
    for part in (raw,) if plain else _PAGER.sub("\r", _ESCAPE.sub("", raw)).split("\r"):
        text = part if part.isprintable() else _UNPRINTABLE.sub("", part)
        if text and not text.isspace() and not _is_noise(text):
            for start in range(0, len(text), _LONGEST_LINE_BYTES):
                yield text[start : start + _LONGEST_LINE_BYTES].rstrip()


def _is_noise(text: str) -> bool:
    first = text.lstrip()[:1]
    may_be = first in "{[]-" or "@" in text[:80] or text.endswith(">") or "> show " in text or first == ">"
    return may_be and len(text) <= _LONGEST_PROMPT and _NOISE.fullmatch(text) is not None


def without_noise(text: str) -> str:
    """Whole lines of a capture without prompts, pager marks and characters that XML does not allow."""
    if "---(" in text or "\x1b" in text:
        text = _PAGER.sub("", _ESCAPE.sub("", text))
    text = _UNPRINTABLE.sub("", text.replace("\r", ""))
    if "@" in text or "{" in text or "[edit" in text or "]]>]]>" in text or "----" in text or "> show " in text:
        text = "\n".join("" if line and _is_noise(line) else line for line in text.split("\n"))
    return text
