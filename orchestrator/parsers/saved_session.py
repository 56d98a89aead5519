"""A saved terminal session: the output of one command after the other, each below its prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from orchestrator.parsers.source import Source

_LONGEST_BYTES = 1 << 26  # a larger file is one table, and read as it streams
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


def outputs(source: Source) -> list[Source]:
    """The outputs of a session with several commands in their order; the source alone when it is none."""
    if len(_PROMPT.findall(source.head())) == 0:
        return [source]
    data = bytearray()
    for block in source.blocks():
        data += block
        if len(data) > _LONGEST_BYTES:
            return [source]
    text = data.decode(errors="replace").replace("\r\n", "\n")
    prompts = list(_PROMPT.finditer(text))
    if len(prompts) < 2:
        return [source]
    ends = [*(one.start() for one in prompts[1:]), len(text)]
    found: list[Source] = [Source(source.name, data=text[: prompts[0].start()].encode(), modified=source.modified)]
    for prompt, end in zip(prompts, ends, strict=True):
        above = text.count("\n", 0, prompt.start())
        lines = "\n" * above + text[prompt.start() : end]
        found.append(Output(source.name, data=lines.encode(), modified=source.modified, command=prompt["command"]))
    return found
