"""Plugins: ours and strangers', through one door."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.workshop import step_kinds
from orchestrator.errors import PluginError
from orchestrator.plugins import loader

GOOD = """
from orchestrator.model.arguments import Arguments as Args
def run(args, bench): ...
def plan(args, tag): return []
"""


def install(folder: Path, name: str, module: str, group: str = loader.STEPS) -> None:
    """What an installed package leaves: a module, and metadata that names it."""
    about = folder / f"stranger_{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stranger-{name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = stranger_{name}\n")
    (folder / f"stranger_{name}.py").write_text(module)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def test_our_own_steps_and_reports_come_through_the_same_door() -> None:
    assert {"flow_trace", "session_table", "command", "wait"} <= set(loader.load(loader.STEPS))
    assert {"text", "json"} <= set(loader.load(loader.REPORTS))


def test_a_strangers_step_is_found(site: Path) -> None:
    install(site, "hello", GOOD)
    assert "hello" in step_kinds()


def test_a_plugin_that_cannot_be_imported_is_named(site: Path) -> None:
    install(site, "broken", "raise RuntimeError('no such luck')\n")
    with pytest.raises(PluginError, match=r"broken \(stranger_broken\) cannot be loaded: no such luck") as caught:
        loader.load(loader.STEPS)
    assert "uninstall" in caught.value.hint


def test_two_plugins_of_one_name_are_refused(site: Path) -> None:
    install(site, "wait", GOOD)
    with pytest.raises(PluginError, match="two plugins call themselves"):
        loader.load(loader.STEPS)


def test_a_step_that_lacks_a_part_is_refused(site: Path) -> None:
    install(site, "half", "def run(args, bench): ...\n")
    with pytest.raises(PluginError, match="the step half lacks"):
        step_kinds()
