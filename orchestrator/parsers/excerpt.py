"""The text that a record was read from, as evidence."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.place import Place
from orchestrator.parsers.source import Source

_LONGEST_BYTES = 1 << 16  # more is no evidence that anybody reads


def excerpt(source: Source, place: Place) -> str:
    """The stretch of the source as it is there, decoded, at most 64 KiB; empty where the source is shorter."""
    blocks = source.blocks()
    found = _bytes(blocks, place.start, place.end) if place.line is None else _lines(blocks, place.start, place.end)
    return found[:_LONGEST_BYTES].decode(errors="replace")


def _bytes(blocks: Iterator[bytes], start: int, end: int) -> bytes:
    found = b""
    at = 0
    for block in blocks:
        found += block[max(start - at, 0) : max(end - at, 0)]
        at += len(block)
        if at >= end or len(found) > _LONGEST_BYTES:
            break
    return found


def _lines(blocks: Iterator[bytes], first: int, end: int) -> bytes:
    found = b""
    number = 1
    for block in blocks:
        if number + block.count(b"\n") < first:
            number += block.count(b"\n")
            continue
        for line in block.splitlines(keepends=True):  # a line may go on in the next block
            if first <= number < end:
                found += line
            number += line.endswith(b"\n")
        if number >= end or len(found) > _LONGEST_BYTES:
            break
    return found
