"""A saved terminal session: the output of one command after the other, each below its prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

from orchestrator.parsers.source import Source

_LONGEST_BYTES = 1 << 24  # a larger file is one table, and read as it streams
_MOST_OUTPUTS = 500
_MOST_ABOVE = 1 << 22  # lines that are counted again, over all outputs
_PAD = b"\n" * (1 << 16)
# user@host> show ..., host> show ..., > show ..., user@host# run show ...; bold or not, on a page.
_PROMPT = re.compile(
    r"^[ \t]*(?:\*\*)?(?:[\w.-]{1,64}@[\w.:-]{1,64}|[\w.-]{0,64})(?:>|#[ \t]*run\b|%[ \t]*cli)[ \t]*"
    r"(?P<command>(?:show|request|monitor|clear|test|file) [^\n]{1,400})$",
    re.MULTILINE,
)


@dataclass(slots=True)
class Output(Source):
    """What stands below one prompt. Lines keep the numbers they have in the whole file."""

    command: str = field(default="", kw_only=True)
    above: int = field(default=0, kw_only=True)

    def blocks(self) -> Iterator[bytes]:
        """Yield empty lines for those above, and then what stands below the prompt."""
        for done in range(0, self.above, len(_PAD)):
            yield _PAD[: self.above - done]
        yield from Source.blocks(self)


def outputs(source: Source) -> list[Source]:
    """The outputs of a session with several commands in their order; the source alone when it is none."""
    if len(_PROMPT.findall(source.head())) == 0:
        return [source]
    read = bytearray()
    for block in source.blocks():
        read += block
        if len(read) > _LONGEST_BYTES:
            return [source]
    text = read.decode(errors="replace").replace("\r\n", "\n")
    prompts = list(islice(_PROMPT.finditer(text), _MOST_OUTPUTS + 1))
    above = [0]
    for one, following in pairwise([0, *(prompt.start() for prompt in prompts)]):
        above.append(above[-1] + text.count("\n", one, following))
    if not 2 <= len(prompts) <= _MOST_OUTPUTS or sum(above) > _MOST_ABOVE:
        return [source]
    ends = [*(one.start() for one in prompts[1:]), len(text)]
    found: list[Source] = [Source(source.name, data=text[: prompts[0].start()].encode(), modified=source.modified)]
    for prompt, end, lines in zip(prompts, ends, above[1:], strict=True):
        data = text[prompt.start() : end].encode()
        found.append(Output(source.name, data=data, modified=source.modified, command=prompt["command"], above=lines))
    return found
