"""A saved configuration as statements: ``set`` lines, braces, or XML; inactive parts are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.model.flow_trace import Line
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import Element, attribute, leaf, line_of, local_name, looks_like_xml, root_of

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+')
_COMMENT = re.compile(r"/\*.*?\*/|^\s*#.*$|(?<=[;{}])\s*##.*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with all its words, and where it stands."""

    words: tuple[str, ...]
    line: Line

    def after(self, *words: str) -> tuple[str, ...] | None:
        """The words behind a beginning, in which ``*`` is any word; ``None`` when it begins otherwise."""
        if len(self.words) < len(words):
            return None
        same = all(want in ("*", word) for want, word in zip(words, self.words, strict=False))
        return self.words[len(words) :] if same else None


def statements(source: Source) -> Iterator[Statement]:
    """Yield the active statements in the order they stand."""
    if looks_like_xml(source):
        yield from _of_element(root_of(source), (), source.name)
        return
    lines = list(source.lines())
    if any(re.match(r"\s*(?:set|deactivate) ", line.text) for line in lines[:20]):
        yield from _of_set(lines)
    else:
        yield from _of_braces(lines)


def _of_set(lines: list[Line]) -> Iterator[Statement]:
    off = [tuple(line.text.split()[1:]) for line in lines if line.text.split()[:1] == ["deactivate"]]
    for line in lines:
        words = tuple(word.strip('"') for word in line.text.split())
        if words[:1] == ("set",) and not any(words[1 : 1 + len(part)] == part for part in off):
            yield Statement(words[1:], line)


def _of_braces(lines: list[Line]) -> Iterator[Statement]:
    above: list[tuple[str, ...]] = []
    words: list[str] = []
    silent = 0
    text = "\n".join(line.text for line in lines)
    for number, raw in enumerate(_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text).split("\n")):
        line = lines[number]
        for word in _WORD.findall(raw):
            if word == "{":
                inactive = words[:1] == ["inactive:"]
                silent += 1 if inactive or silent else 0
                above.append(tuple(words))
                words = []
            elif word == "}":
                silent -= 1 if silent else 0
                if above:
                    above.pop()
                words = []
            elif word == ";":
                if words and not silent and words[0] != "inactive:":
                    for one in _spread(words):
                        yield Statement((*(each for part in above for each in part), *one), line)
                words = []
            else:
                words.append(word.strip('"'))


def _spread(words: list[str]) -> Iterator[tuple[str, ...]]:
    """``a [ b c ]`` is two statements."""
    if "[" in words and words[-1] == "]":
        at = words.index("[")
        yield from ((*words[:at], one) for one in words[at + 1 : -1])
    else:
        yield tuple(words)


def _of_element(element: Element, above: tuple[str, ...], name: str) -> Iterator[Statement]:
    if attribute(element, "inactive") == "inactive":
        return
    tag = local_name(element)
    wrapper = tag in ("rpc-reply", "configuration", "data", "cli", "banner", "multi-routing-engine-results")
    label = leaf(element, "name")
    words: tuple[str, ...]
    if tag == "interface" and above == ("interfaces",):  # the CLI leaves this word out
        words = (*above, label)
    else:
        words = above if wrapper else (*above, tag, *((label,) if label else ()))
    children = [one for one in element if isinstance(one.tag, str) and local_name(one) != "name"]
    if not children:
        text = "" if label else (element.text or "").strip()
        if not wrapper:
            yield Statement((*words, *text.split()), Line(name, line_of(element), " ".join(words)))
        return
    for one in children:
        yield from _of_element(one, words, name)
