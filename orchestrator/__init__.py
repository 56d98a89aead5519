"""Debug a Juniper SRX from playbooks without ever touching its configuration."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("srx-orchestrator")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+source"
