"""What devices taught us, kept between runs: a small mapping in one JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

from orchestrator.store.paths import write_whole


class Memory(MutableMapping[str, str]):
    """Text to text. It only saves work: a lost or damaged file means asking the devices again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._facts = self._read()

    def _read(self) -> dict[str, str]:
        try:
            facts = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in facts.items()} if isinstance(facts, dict) else {}

    def __getitem__(self, key: str) -> str:
        return self._facts[key]

    def __setitem__(self, key: str, value: str) -> None:
        if self._facts.get(key) == value:
            return
        self._facts = self._read() | {key: value}
        self._write()

    def __delitem__(self, key: str) -> None:
        del self._facts[key]
        self._write()

    def _write(self) -> None:
        with suppress(OSError):  # a full disk must not stop a teardown
            write_whole(self._path, json.dumps(self._facts, indent=1, sort_keys=True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)
