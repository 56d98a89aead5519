"""Options that several verbs share, each worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.console import Format

InventoryOption = Annotated[
    Path, typer.Option("-i", "--inventory", help="Folder of the Nornir inventory.", show_default=True)
]
DevicesOption = Annotated[
    list[str] | None,
    typer.Option("-d", "--device", help="Device, group, pattern, or key=value; may be given again."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How the answer is printed.")]
VariablesOption = Annotated[
    list[str] | None, typer.Option("-v", "--var", help="A variable of the playbook, name=value; may be given again.")
]
RunsOption = Annotated[Path | None, typer.Option("--runs-dir", help="Where run directories go.")]
DEFAULT_INVENTORY = Path("inventory")
