"""One self-contained page: templates, one style, and a policy that lets the page load and run nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestrator.model.quantities import human_size
from orchestrator.reports import evidence
from orchestrator.reports.ladder import flags
from orchestrator.reports.moments import after, clock, moment
from orchestrator.reports.plain import plain

LONGEST = 4000  # characters of one value; a device may send a line of megabytes
_KINDS = {
    "permitted": "good", "completed": "good", "forwarded": "good", "done": "good", "undone": "good", "read": "good",
    "reconciled": "good", "denied": "bad", "dropped": "bad", "failed": "bad", "owed": "bad",
    "as expected": "good", "not as expected": "bad", "empty": "quiet", "not enabled": "quiet",
}  # fmt: skip


def render(template: str, **values: Any) -> str:
    """Fill a template; whatever came from a device is escaped and has no control characters."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("orchestrator.reports"), autoescape=True, undefined=StrictUndefined, finalize=_shown,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style = files("orchestrator.reports").joinpath("templates/style.css").read_text("utf-8")
    environment.globals |= {"style": Markup(style), "policy": policy(style)}  # noqa: S704 - our own file
    environment.filters |= {
        "body": evidence.body, "spans": evidence.spans, "flags": flags, "kind": kind, "clock": _clock, "day": _day,
        "size": human_size, "pretty": _pretty, "link": link,
        "tally": _tally, "arrow": _arrow, "lasting": _lasting,
    }  # fmt: skip
    return environment


def policy(style: str) -> str:
    """The page's Content-Security-Policy: this one style, an empty icon, and nothing else from anywhere."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def kind(word: object) -> str:
    """How a verdict, status or outcome is coloured: ``good``, ``bad``, ``quiet`` or ``open``."""
    return _KINDS.get(str(word), "open")


def link(name: str) -> str:
    """A relative link to a file of the run directory; empty for a name that would lead out of it."""
    if name.startswith("/") or ".." in name.split("/"):
        return ""
    return "./" + quote(plain(name), safe="/")


def _shown(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    if value is None:
        return ""
    text = plain(str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters)"


def _clock(text: object) -> str:
    when = moment(text)
    return clock(when) if when else str(text or "")


def _day(text: object) -> str:
    when: datetime | None = moment(text)
    return f"{when:%Y-%m-%d %H:%M:%S %Z}".strip() if when else str(text or "")


def _tally(direction: Mapping[str, Any]) -> str:
    """What became of the packets of one direction."""
    said = [f"{direction['packets']} packet{'s' * (direction['packets'] != 1)}"]
    said += [f"{direction[name]} {name}" for name in ("dropped", "unknown", "ambiguous") if direction[name]]
    return ", ".join(said)


def _arrow(text: str) -> str:
    """An arrow that never breaks in two at the end of a line."""
    return text.replace(" -> ", " \N{RIGHTWARDS ARROW} ")


def _lasting(seconds: float) -> str:
    return after(seconds).lstrip("+")


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
