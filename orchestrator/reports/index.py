"""One page over many runs, newest first, with a link to the report of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from orchestrator.reports import expected, page
from orchestrator.reports.plain import plain


def render_index(results: Iterable[Mapping[str, Any]]) -> str:
    """A page that lies beside the run directories: each run links to ``RUN/report.html``."""
    runs = sorted((_run(each) for each in results), key=lambda one: (one["started"], one["run_id"]), reverse=True)
    counts = Counter(one["answer"] for one in runs).most_common()
    return page.render("index.html.j2", runs=runs, counts=counts)


def _run(result: Mapping[str, Any]) -> dict[str, Any]:
    run_id = str(result.get("run_id") or "")
    devices = [one for one in result.get("devices") or [] if isinstance(one, Mapping)]
    return {
        "run_id": run_id,
        "href": f"./{quote(plain(run_id), safe='')}/report.html",
        "started": str(result.get("started") or ""),
        "answer": str(result.get("verdict") or result.get("status") or "unknown"),
        "playbook": str((result.get("playbook") or {}).get("name") or ""),
        "devices": [str(one.get("device") or "") for one in devices],
        "sentences": [said for one in devices if (said := _said(one))],
        "expected": expected.in_words(devices),
        "owed": sum(one.get("obligations_open") or 0 for one in devices),
    }


def _said(device: Mapping[str, Any]) -> str:
    error = device.get("error") or {}
    return str(device.get("sentence") or error.get("message") or expected.sentence(device))
