"""Debug a Juniper SRX from playbooks without ever touching its configuration."""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: reading package metadata costs more than all of ``--help``."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("srx-orchestrator")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"
