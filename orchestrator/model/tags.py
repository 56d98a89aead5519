"""The tag: the mark on every name we create on a device, so that ours can be told from a colleague's.

A tag is ``orc-<run id>-<time to live>-<label>``. The run id begins with the start time in UTC, so that a name on the
device alone tells when its run began and how long it was meant to live. It fits Junos' patterns for filter names
(letters, numbers, dashes, underscores, dots) and file names (no ``/``, ``%`` or space); source: YANG of
``monitor security flow`` 17.2R1.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PREFIX = "orc-"
_RUN_ID = r"\d{8}T\d{6}-[0-9a-f]{6}"
_TAG = re.compile("orc-(?P<run_id>" + _RUN_ID + r")-(?P<ttl>\d{1,9})s-(?P<label>[a-z0-9]+)", re.ASCII)
RUN_ID = re.compile(_RUN_ID, re.ASCII)


@dataclass(frozen=True, slots=True)
class Tag:
    """One name of ours, taken apart."""

    run_id: str
    ttl: timedelta
    label: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.run_id}-{int(self.ttl.total_seconds())}s-{self.label}"

    @property
    def started(self) -> datetime:
        """When the run began, UTC."""
        return datetime.strptime(self.run_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)

    @property
    def expires(self) -> datetime:
        """When the run should have been over, UTC."""
        return self.started + self.ttl


def new_run_id(now: datetime) -> str:
    """Make a run id: start time in UTC and six random hexadecimal digits."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def read(name: str) -> Tag | None:
    """Recognise one of our names, also with the ``.0.gz`` of a rotated file behind it; else ``None``."""
    match = _TAG.match(name)
    if match is None or not re.fullmatch(r"(\.[0-9]+)?(\.gz)?", name[match.end() :]):
        return None
    try:
        datetime.strptime(match["run_id"][:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Tag(match["run_id"], timedelta(seconds=int(match["ttl"])), match["label"])
