"""The result document itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def render(result: Mapping[str, Any]) -> str:
    """One JSON object."""
    return json.dumps(result, indent=2, ensure_ascii=False)
