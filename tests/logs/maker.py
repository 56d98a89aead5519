"""Small archives for the tests, and a slow answer to "who had" that shares nothing with the product."""

from __future__ import annotations

import importlib.util
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    path = ROOT / "benchmarks" / "make_port_block_logs.py"
    spec = importlib.util.spec_from_file_location("make_port_block_logs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def archives(folder: Path, *, lines: int = 6000, seed: int = 1, packed: bool = False, **plan: float) -> list[tuple]:
    """Write hourly archives; the answer is the truth, one tuple a lease."""
    module = generator()
    module.make(folder, module.Plan(lines, seed, **plan), packed=packed)
    rows = [line.rstrip("\n").split("\t") for line in (folder / "truth.tsv").open()]
    (folder / "truth.tsv").unlink()
    return [
        (ext, int(low), int(high), sub, int(created), int(released) if released else None, int(logs))
        for ext, low, high, sub, created, released, logs in rows
    ]


class Oracle:
    """Every line is taken apart with ``split`` and kept; every question looks at all lines of the block."""

    def __init__(self, texts: list[str]) -> None:
        self.events: dict[tuple[str, int], list[tuple[int, str, str, int | None]]] = {}
        for text in texts:
            left, _, right = text.strip().partition(" -> ")
            words = left.split()
            block, _, hexadecimal = right.partition(" 0x")
            ext, _, ports = block.partition(":")
            moment = datetime.strptime(f"{words[-4]} {words[-3]}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            kind = words[-2].rstrip(":").rpartition("_")[2]
            created = int(hexadecimal, 16) if hexadecimal else None
            event = (int(moment.timestamp()), kind, words[-1], created)
            self.events.setdefault((ext, int(ports.split("-")[0])), []).append(event)

    def answer(self, ext: str, low: int, at: int) -> tuple[str, str]:
        events = self.events.get((ext, low), [])
        creations = {created for *_, created in events if created is not None}
        leases: dict[int, list[tuple[int, str, str]]] = {created: [] for created in creations}
        for moment, kind, sub, said in events:
            created = said
            if created is None:
                close = [one for one in creations if abs(one - moment) <= 5]
                created = min(close, key=lambda one, at=moment: abs(one - at)) if close else moment
            leases.setdefault(created, []).append((moment, kind, sub))
        starts = sorted(leases)
        for n, start in enumerate(starts):
            logs = leases[start]
            ends = [moment for moment, kind, _ in logs if kind == "RELEASE"]
            last = max(moment for moment, _, _ in logs)
            following = starts[n + 1] if n + 1 < len(starts) else None
            if at < start or (ends and at >= ends[0]):
                continue
            if ends or at <= last:
                return "certain", logs[0][2]
            if following is None or at < following:
                return "likely", logs[0][2]
        return "gap", ""


def questions(truth: list[tuple], count: int, seed: int) -> list[tuple]:
    """Leases, ports in them and moments, also just outside of them."""
    dice = random.Random(seed)
    asked = []
    for _ in range(count):
        lease = dice.choice(truth)
        ext, low, high, _, created, released, _ = lease
        end = released or created + 7200
        asked.append((lease, ext, dice.randint(low, high), low, dice.randint(created - 600, end + 600)))
    return asked
