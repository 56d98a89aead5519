"""``command``: keep what one show command prints, as text, and as data when it is small."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import jxmlease
from lxml import etree
from pydantic import Field, field_validator

from orchestrator.driver import guard
from orchestrator.driver.base import Line, Reply
from orchestrator.driver.guard import Effect
from orchestrator.errors import CommandError, GuardError
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.parsers import key_material
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

DATA_BYTES = 1 << 20  # jxmlease costs more than linear time: never a whole table


class Args(Arguments):
    """The command, without pipes."""

    run: str = Field(description="a show command of the allow-list")
    save: str = Field(default="", pattern=r"^[a-z0-9-]{0,32}$")

    @field_validator("run")
    @classmethod
    def _reads_only(cls, text: str) -> str:
        try:
            effect = guard.admit_line(text)
        except GuardError as error:
            raise ValueError(f"{error.message}: {text!r}") from error
        if effect is not Effect.READ:
            raise ValueError(f"this command changes the device; a step of its own does that: {text!r}")
        return text


def run(args: Args, bench: Bench) -> Outcome:
    """Ask for the text, and for the XML when the command has one."""
    line = Line.of(args.run)
    name = args.save or re.sub(r"[^a-z0-9]+", "-", args.run.lower()).strip("-")[:60]
    text = key_material.redact_text(bench.driver.command(line, timeout=bench.device.work_seconds).text)
    outcome = Outcome(artifacts=[_kept(bench, args.run, f"{name}.txt", text)])
    try:
        data = as_data(bench.driver.command(line, style="xml", timeout=bench.device.work_seconds))
    except CommandError:
        data = None  # a command without XML
    if data is not None:
        document = json.dumps(data, indent=1, ensure_ascii=False)
        outcome.artifacts.append(_kept(bench, args.run, f"{name}.json", document))
    bench.say(f"kept {args.run}")
    return outcome


def as_data(reply: Reply) -> object | None:
    """A small reply as dicts and lists; ``None`` when it is large or only text."""
    children = [child for child in reply.root if child.tag not in ("output", "cli")]
    if not children or len(etree.tostring(reply.root)) > DATA_BYTES:
        return None
    return _plain(jxmlease.parse_etree(reply.root))


def _plain(node: object) -> object:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return key_material.redact_text(str(node))


def _kept(bench: Bench, command: str, name: str, text: str) -> Artifact:
    path = bench.folder / safe_name(name)
    path.write_text(text, encoding="utf-8")
    return Artifact(
        path=path, origin=f"{bench.device.name}:{command}", method="netconf", size_bytes=path.stat().st_size,
        sha256=sha256(path), kind="command",
    )  # fmt: skip


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The command itself."""
    del tag
    return [Planned(args.run)]
