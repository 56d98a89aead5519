"""The seal of a run: what every file of it was when the run ended, so that one changed bit is found.

``manifest.json`` names each file with size and SHA-256, ``manifest.sha256`` the manifest itself. Whoever can write to
the folder can seal it anew: it proves that nothing was changed by accident or in part, not who wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.store.paths import write_whole
from orchestrator.store.retention import PIN
from orchestrator.store.runs import RunDirectory, sha256

MANIFEST, SEAL, FORMAT = "manifest.json", "manifest.sha256", 2
_NOT_SEALED = frozenset({MANIFEST, SEAL, PIN, "owner"})


def seal(run: RunDirectory) -> None:
    """Write down every file there is; called when nothing more will be written."""
    files = [
        {"name": name, "size": (run.path / name).stat().st_size, "sha256": sha256(run.path / name)}
        for name in _files(run.path)
    ]
    run.write(MANIFEST, {"format": FORMAT, "run_id": run.run_id, "files": files})
    write_whole(run.path / SEAL, f"{sha256(run.path / MANIFEST)}  {MANIFEST}\n")


def broken(run: RunDirectory) -> list[str]:
    """What is no longer as it was sealed, in words; empty when all is."""
    try:
        manifest = json.loads((run.path / MANIFEST).read_text("utf-8"))
        sealed = {str(one["name"]): one for one in manifest["files"]}
        said = (run.path / SEAL).read_text("utf-8").split()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"the run was never sealed, or its seal is gone ({error})"]
    problems = [] if said[:1] == [sha256(run.path / MANIFEST)] else [f"{MANIFEST} was changed"]
    there = set(_files(run.path))
    problems += [f"{name} is missing" for name in sealed if name not in there]
    problems += [f"{name} was added" for name in sorted(there) if name not in sealed]
    return problems + [f"{name} was changed" for name in sorted(there & set(sealed)) if _changed(run, sealed[name])]


def _changed(run: RunDirectory, sealed: dict[str, Any]) -> bool:
    path = run.path / str(sealed["name"])
    return (path.stat().st_size, sha256(path)) != (sealed.get("size"), sealed.get("sha256"))


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in _NOT_SEALED:
            yield name
