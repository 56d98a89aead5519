"""The verbs, as a person meets them with ``--help``."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import lab, runs
from orchestrator.cli.devices import clear_app, fetch, inventory_app, show_app
from orchestrator.cli.offline import parse, schema
from orchestrator.cli.owed import leases, recover, sweep
from orchestrator.cli.run import plan, run

app = typer.Typer(
    name="orchestrator",
    help="Debug a Juniper SRX from playbooks without ever touching its configuration.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # drawn boxes cost half the start-up time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from orchestrator import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Debug a Juniper SRX from playbooks without ever touching its configuration."""


app.command()(run)
app.command()(plan)
app.add_typer(show_app, name="show")
app.command()(fetch)
app.add_typer(clear_app, name="clear")
app.command()(recover)
app.command()(sweep)
app.command()(leases)
app.add_typer(runs.app, name="runs")
app.command()(parse)
app.command()(schema)
app.add_typer(inventory_app, name="inventory")
app.add_typer(lab.app, name="lab")
