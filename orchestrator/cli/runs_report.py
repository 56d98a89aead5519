"""``runs report`` and ``runs verify``: a run of the past for a reader, a CI, a vendor, or an auditor."""

from __future__ import annotations

import json
import secrets
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import data, talk
from orchestrator.cli.options import RunsOption
from orchestrator.cli.runs import RunArgument
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.playbook.playbook import Playbook
    from orchestrator.store.runs import RunDirectory


class ReportForm(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    JUNIT = "junit"
    ANNOTATIONS = "annotations"


def report(
    run: RunArgument = "last",
    format: Annotated[ReportForm, typer.Option("--format", help="How the report is written.")] = ReportForm.TEXT,
    share: Annotated[
        Path | None, typer.Option("--share", metavar="FILE.zip", help="Write a bundle for a vendor, made nameless.")
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", metavar="FILE.html", help="Write a page over all runs instead.")
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="With --share: zones, policies, interfaces too.")] = False,
    runs_dir: RunsOption = None,
) -> None:
    """Write the report of a run, its files read and judged by the program of today.

    With --share addresses, names and secrets are replaced, everywhere by the same; what they stand for is written
    beside the bundle and stays here.
    """
    from orchestrator.plugins import loader
    from orchestrator.store.runs import find_run, runs_directory

    runs = runs_directory(runs_dir)
    if index is not None:
        _write_index(runs, index)
        return
    directory = find_run(runs, run)
    document = _judged_again(directory)
    if share is not None:
        _write_bundle(directory, document, share, names=names)
        return
    data(loader.load(loader.REPORTS)[format.value].render(document))


def verify(run: RunArgument = "last", runs_dir: RunsOption = None) -> int:
    """Check every file of a run against its seal: one changed bit is found.

    Exit code 1 when anything is not as it was.
    """
    from orchestrator.store.runs import find_run, runs_directory
    from orchestrator.store.seal import broken

    directory = find_run(runs_directory(runs_dir), run)
    problems = broken(directory)
    for text in problems:
        data(f"{directory.run_id}: {text}")
    if not problems:
        talk(f"{directory.run_id}: every file is as it was sealed")
    return 1 if problems else 0


def _judged_again(directory: RunDirectory) -> dict[str, Any]:
    from orchestrator.runner.again import looked_at_again

    result = directory.result()
    if result is None:
        state = "is still running" if directory.owner_pid() else "died before it could write a result"
        raise InputError(f"run {directory.run_id} {state}", hint="orchestrator recover --all, then runs attach")
    document = looked_at_again(directory, result, _playbook(directory, result))
    for then, now in zip(result["devices"], document["devices"], strict=True):
        if (then["verdict"], then["certainty"]) != (now["verdict"], now["certainty"]):
            talk(f"{then['device']}: was {then['verdict']} ({then['certainty']}), judged again {now['verdict']} "
                 f"({now['certainty']})")  # fmt: skip
    return document


def _playbook(directory: RunDirectory, result: Mapping[str, Any]) -> Playbook:
    from orchestrator.cli.carry_out import load_playbook

    given = [f"{name}={value}" for name, value in result["playbook"]["variables"].items()]
    return load_playbook(str(directory.path / "playbook.yml"), given)


def _write_index(runs: Path, index: Path) -> None:
    from orchestrator.reports.index import render_index
    from orchestrator.store.runs import all_runs

    results = [result for one in all_runs(runs) if (result := one.result()) is not None]
    index.write_text(render_index(results), encoding="utf-8")
    talk(f"{index}: {len(results)} runs")


def _write_bundle(directory: RunDirectory, document: Mapping[str, Any], bundle: Path, *, names: bool) -> None:
    from orchestrator.reports import to_html
    from orchestrator.reports.share import Pseudonyms

    here = str(directory.path)  # a folder of this machine tells a vendor nothing, and may tell a name
    document = json.loads(json.dumps(document).replace(f"{here}/", "").replace(here, "."))
    nameless = Pseudonyms(secrets.token_bytes(16), names=names)
    nameless.learn_result(document)
    texts = dict(_text(directory, one) for each in document["devices"] for one in each["artifacts"])
    for text in texts.values():
        nameless.learn(text)
    shared = nameless.scrub_result(document)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.json", json.dumps(shared, indent=2, ensure_ascii=False))
        archive.writestr("report.html", to_html.render(shared))
        for name, text in texts.items():
            archive.writestr(_plain_name(nameless.scrub(name)), nameless.scrub(text))
    key = bundle.with_suffix(".key.json")
    key.touch(mode=0o600)
    key.write_text(json.dumps(nameless.table(), indent=2, sort_keys=True), encoding="utf-8")
    talk(f"{bundle}: {len(texts) + 2} files; what the replacements stand for is in {key}, which stays here")


def _plain_name(name: str) -> str:
    """A name inside the archive that leads nowhere else."""
    return "/".join(part for part in name.split("/") if part not in {"", ".", ".."})


def _text(directory: RunDirectory, artifact: Mapping[str, Any]) -> tuple[str, str]:
    """A file of the run as text, under its name: of packets only what their headers say, never their bytes."""
    from orchestrator.parsers import pcap
    from orchestrator.parsers.as_json import as_json
    from orchestrator.parsers.source import Source

    name = str(artifact["name"])
    source = Source.of_path(directory.path / name)
    if artifact["kind"] != "pcap":
        return name, "".join(text for text, _ in source.texts())
    told = ({**as_json(packet), "place": None} for packet in pcap.parse(source))
    return f"{name}.jsonl", "".join(f"{json.dumps(one)}\n" for one in told)
