"""A running lab, and an inventory that points at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from place import Site, start_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Starts a lab device and writes the inventory for it."""
    with start_site(tmp_path) as start:
        yield start
