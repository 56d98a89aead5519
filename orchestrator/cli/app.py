"""The verbs, as a person meets them with ``--help``."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from orchestrator.cli import lab, logs, runs, schedules
from orchestrator.cli.alg import alg_conversations, alg_status, stateful_firewall
from orchestrator.cli.chassis_health import alarms, chassis_errors, health
from orchestrator.cli.console import complain, talk
from orchestrator.cli.devices import clear_app, fetch, inventory_app, show_app
from orchestrator.cli.explain import explain
from orchestrator.cli.ipsec_switch import request_app
from orchestrator.cli.offline import parse, schema
from orchestrator.cli.owed import leases, recover, sweep
from orchestrator.cli.run import plan, run, why
from orchestrator.cli.runs_report import report, verify
from orchestrator.cli.vpn import certificates, clear_ike_sa, clear_ipsec_sa, ike_sa, ipsec_sa, ipsec_statistics
from orchestrator.errors import OrchestratorError

DEBUG = "ORCHESTRATOR_DEBUG"

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
app.command()(why)
app.command()(plan)
show_app.command()(alg_status)
show_app.command()(alg_conversations)
show_app.command()(stateful_firewall)
app.add_typer(show_app, name="show")
show_app.command()(alarms)
show_app.command()(logs.port_blocks)
show_app.command()(chassis_errors)
show_app.command()(health)
app.command()(fetch)
show_app.command()(ike_sa)
show_app.command()(ipsec_sa)
show_app.command()(ipsec_statistics)
show_app.command()(certificates)
clear_app.command("ike-sa")(clear_ike_sa)
clear_app.command("ipsec-sa")(clear_ipsec_sa)
app.add_typer(clear_app, name="clear")
app.add_typer(request_app, name="request")
app.command()(recover)
app.command()(sweep)
app.command()(leases)
runs.app.command()(report)
runs.app.command()(verify)
app.add_typer(runs.app, name="runs")
app.add_typer(schedules.app, name="schedule")
app.command()(explain)
app.command()(parse)
app.command()(schema)
app.add_typer(logs.app, name="logs")
app.add_typer(inventory_app, name="inventory")
app.add_typer(lab.app, name="lab")


def run_app() -> NoReturn:
    """Run the application and exit with its code."""
    level = logging.DEBUG if os.environ.get(DEBUG) else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s: %(message)s")
    for library in ("paramiko", "ncclient", "asyncssh", "scp", "nornir"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        code = app(standalone_mode=False)
    except OrchestratorError as error:
        complain(error)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 2
    except BrokenPipeError:
        # The reader went away; what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001 - sorted below; nothing may reach a user as a traceback
        code = _other(error)
    sys.exit(code if isinstance(code, int) else 0)


def _other(error: Exception) -> int:
    """Exit code for what is not ours: wrong usage, or a mistake in this program."""
    # Some releases of Typer bring a click of their own, others use the installed one.
    usage: Any = typer.BadParameter.__bases__[0]
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, usage):
        error.show(file=sys.stderr)
        return 2
    if isinstance(error, typer.Abort):
        talk("stopped")
        return 2
    if isinstance(error, OSError) and error.filename is not None:
        talk(f"error: {error.filename}: {error.strerror}")
        talk("hint: is there such a place, may you write there, and is its disk not full?")
        return 2
    logging.getLogger(__name__).debug("a mistake in this program", exc_info=error)
    talk(f"error: a mistake in this program: {type(error).__name__}: {error}")
    talk(f"hint: {DEBUG}=1 shows where; please report it")
    return 2
