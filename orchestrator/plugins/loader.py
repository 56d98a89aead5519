"""Entry points of a group, loaded by name."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from orchestrator.errors import PluginError

STEPS = "orchestrator.steps"
REPORTS = "orchestrator.reports"


def load(group: str) -> dict[str, Any]:
    """Load everything registered in a group.

    Raises:
        PluginError: a name is taken twice, or one cannot be imported.
    """
    loaded: dict[str, Any] = {}
    for point in entry_points(group=group):
        if point.name in loaded:
            raise PluginError(f"two plugins call themselves {group} {point.name}", hint="uninstall one of them")
        try:
            loaded[point.name] = point.load()
        except Exception as error:
            raise PluginError(
                f"the plugin {group} {point.name} ({point.value}) cannot be loaded: {error}",
                hint="update or uninstall the package that brings it",
            ) from error
    return loaded
