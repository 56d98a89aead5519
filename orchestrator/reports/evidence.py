"""The lines that prove something, short enough to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.model import tags


def file_name(path: str) -> str:
    """A file's last name; one of our own trace files by its label alone."""
    name = path.rpartition("/")[2]
    tag = tags.read(name)
    return tag.label if tag else name


def body(text: str) -> str:
    """A trace line without its stamps, our long filter names cut to their label."""
    said = text.partition(":RT:")[2].strip() or text.strip()
    words = [tag.label if (tag := tags.read(word.rstrip(":"))) else word for word in said.split(" ")]
    return " ".join(words)


def spans(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where lines stand, in words: ``trace 80 to 115``, one a file."""
    seen: dict[str, list[int]] = {}
    for line in lines:
        seen.setdefault(file_name(line["file"]), []).append(line["number"])
    return [
        f"{name} {min(numbers)}" if min(numbers) == max(numbers) else f"{name} {min(numbers)} to {max(numbers)}"
        for name, numbers in seen.items()
    ]
