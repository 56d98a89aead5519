"""The command line: stdout is data, stderr is talk.

Comes in: words. Goes out: words, and an exit code: 0 pass, 1 fail or inconclusive, 2 could not do the job, 3 a device
is still owed a teardown. Every verb imports what it needs when it runs.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave the process."""
    from orchestrator.cli.app import run_app

    run_app()
