"""Bring files home: the whole rotated set, when it has stopped growing, checked against the device's own checksum.

SCP first. Where it is refused or the file is not readable that way, the contents come inside a reply (``file-get``),
and as a last resort as log text (``get-log``), which XML may have altered: such an artifact says so in ``method``.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.driver import retry
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import files
from orchestrator.errors import CommandError, DeviceError, HostKeyError, RetrievalError, UnsupportedError
from orchestrator.model.files import Artifact, RemoteFile
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

TRIES = 3
POLL_SECONDS = 0.1
TEXT_METHOD = "get-log"
_ROTATION = re.compile(r"(?:\.(\d+)(?:\.gz)?)?")


class ChangedError(RetrievalError):
    """The file changed while it was copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a file must keep its size to count as finished, and how long to wait for that at most; seconds.

    How late a device flushes its trace buffers after ``stop`` is in no source.
    """

    settle: float = 1.5
    limit: float = 30.0
    sleep: Callable[[float], None] = time.sleep


def rotated_set(driver: Driver, path: str) -> list[RemoteFile]:
    """A log file and its archives (``name``, ``name.0.gz``, ``name.1.gz``, ...), oldest first."""
    folder, _, name = path.rpartition("/")
    found = []
    for file in files.listing(driver, f"{path}*"):
        match = _ROTATION.fullmatch(file.name.removeprefix(name)) if file.name.startswith(name) else None
        if match and not file.is_directory:
            found.append((int(match[1]) if match[1] else -1, _at(file, f"{folder}/{file.name}")))
    return [file for _, file in sorted(found, key=lambda pair: -pair[0])]


def _at(file: RemoteFile, path: str) -> RemoteFile:
    return RemoteFile(
        path=path, size_bytes=file.size_bytes, modified=file.modified, permissions=file.permissions,
        owner=file.owner, group=file.group, node=file.node,
    )  # fmt: skip


def settled_set(driver: Driver, path: str, patience: Patience) -> list[RemoteFile]:
    """The rotated set once no size has changed for a while; what it is at the limit, when it never settles."""
    last: tuple[tuple[str, int | None], ...] = ()
    since = time.monotonic()

    def look() -> list[RemoteFile]:
        nonlocal last, since
        found = rotated_set(driver, path)
        sizes = tuple((file.path, file.size_bytes) for file in found)
        if sizes != last:
            last, since = sizes, time.monotonic()
        return found

    return retry.until(
        look, lambda _: time.monotonic() - since >= patience.settle,
        timeout=patience.limit, every=POLL_SECONDS, sleep=patience.sleep,
    )  # fmt: skip


def bring_set(driver: Driver, path: str, into: Path, *, kind: str, patience: Patience) -> list[Artifact]:
    """Wait until a log has settled, then bring the whole set home, oldest first.

    A set that rotated or grew underneath is brought again, up to three times.

    Raises:
        RetrievalError: it did not come home whole.
    """
    problem = ""
    for _ in range(TRIES):
        before = settled_set(driver, path, patience)
        try:
            artifacts = [bring(driver, file.path, into, kind=kind) for file in before]
        except ChangedError as error:
            problem = error.message
            continue
        after = rotated_set(driver, path)
        if [(file.path, file.size_bytes) for file in after] == [(file.path, file.size_bytes) for file in before]:
            return artifacts
        problem = "it kept changing while it was fetched"
    raise RetrievalError(problem, device=driver.device.name, path=path,
                         hint="it is still on the device: orchestrator fetch DEVICE PATH")  # fmt: skip


def snapshot(driver: Driver, path: str, into: Path, *, kind: str) -> list[Artifact]:
    """Bring a set home that goes on growing, as it is now: no checksum of a moving file would agree."""
    artifacts = []
    for file in rotated_set(driver, path):
        target = into / safe_name(file.name)
        method = _copy(driver, file.path, target)
        artifacts.append(
            Artifact(
                path=target,
                origin=f"{driver.device.name}:{file.path}",
                method=f"{method}, still growing",
                size_bytes=target.stat().st_size,
                sha256=sha256(target),
                kind=kind,
            )
        )
    return artifacts


def bring(driver: Driver, path: str, into: Path, *, kind: str = "") -> Artifact:
    """Bring one file home and prove it whole.

    Raises:
        RetrievalError: no method gave a copy that agrees with the device's checksum.
    """
    target = into / safe_name(path.rpartition("/")[2])
    partial = target.with_name(f".{target.name}.partial")
    problem = ""
    try:
        for _ in range(TRIES):
            method = _copy(driver, path, partial)
            digest, device_digest = sha256(partial), _device_digest(driver, path)
            if method == TEXT_METHOD or not device_digest or _local_digest(partial, device_digest) == device_digest:
                partial.replace(target)
                return Artifact(
                    path=target, origin=f"{driver.device.name}:{path}", method=method,
                    size_bytes=target.stat().st_size, sha256=digest, device_checksum=device_digest, kind=kind,
                )  # fmt: skip
            problem = f"the copy does not agree with the device's checksum ({device_digest})"
    finally:
        partial.unlink(missing_ok=True)
    raise ChangedError(problem, device=driver.device.name, path=path, hint="is something still writing to it?")


def _copy(driver: Driver, path: str, partial: Path) -> str:
    """Copy by the first method that works; return its name."""
    refusals = []
    for method, copy in _METHODS.items():
        try:
            copy(driver, path, partial)
        except HostKeyError:
            raise
        except DeviceError as error:
            refusals.append(f"{method}: {error.message}")
        else:
            return method
    raise RetrievalError("; ".join(refusals), device=driver.device.name, path=path,
                         hint="the login class needs the right to read it, or set world_readable: true")  # fmt: skip


def _by_scp(driver: Driver, path: str, partial: Path) -> None:
    driver.copy(path, partial)


def _by_file_get(driver: Driver, path: str, partial: Path) -> None:
    partial.write_bytes(files.get(driver, path))


def _by_log(driver: Driver, path: str, partial: Path) -> None:
    folder, _, name = path.rpartition("/")
    if folder != "/var/log" or name.endswith(".gz"):
        raise RetrievalError("only plain files of /var/log can be shown", device=driver.device.name, path=path)
    partial.write_text(files.log(driver, name), encoding="utf-8")


_METHODS: dict[str, Callable[[Driver, str, Path], None]] = {
    "scp": _by_scp,
    "file-get": _by_file_get,
    TEXT_METHOD: _by_log,
}


def _device_digest(driver: Driver, path: str) -> str:
    """``algorithm:hex`` as the device computes it, empty where it cannot or may not."""
    try:
        algorithm, digest = files.checksum(driver, path)
    except (CommandError, UnsupportedError):
        return ""
    return f"{algorithm}:{digest}"


def _local_digest(path: Path, like: str) -> str:
    algorithm = like.partition(":")[0]
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
