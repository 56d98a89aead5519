"""Logs and files. Texts for what is not there are synthetic; the shapes are those of PyEZ's fixtures and the YANG."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import posixpath
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from orchestrator.lab.filesystem import File
from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer, daemon_failure
from orchestrator.lab.operations.operation import Argument, Call, Operation

LOG_FOLDER = "/var/log"
# What XML 1.0 cannot carry.
PRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])


def _absolute(call: Call, path: str) -> str:
    """A path as the device resolves it: ``~`` and relative ones lie in the user's home."""
    home = f"/var/home/{call.caller.user}"
    return posixpath.normpath(posixpath.join(home, path.replace("~", home, 1) if path.startswith("~") else path))


def _readable(call: Call, path: str) -> File:
    file = call.box.filesystem.get(path)
    if file is None:
        raise daemon_failure(f"could not resolve file: {path}: No such file or directory")
    return file


def _text(path: str, file: File) -> str:
    """A file as text that XML can carry; archives are shown unpacked, as the CLI does."""
    data = bytes(file.data)
    if path.endswith(".gz"):
        with contextlib.suppress(OSError, EOFError, zlib.error):
            data = gzip.decompress(data)
    return data.decode("utf-8", "replace").translate(PRINTABLE)


def _content(call: Call, path: str) -> Answer:
    file = _readable(call, path)
    text = _text(path, file)
    attributes = {
        "filename": path,
        "junos:seconds": str(int(call.box.clock.now())),
        "filesize": str(len(file.data)),
        "encoding": "text",
    }
    element = call.markup().leaf("file-content", f"\n{text}", attributes)
    return Answer(text, [element], structured_only=True)


def get_log(call: Call) -> Answer:
    """``show log NAME``, or the list of logs without a name."""
    if not call.get("filename"):
        return _listing(call, LOG_FOLDER, detail=True, recursive=False)
    return _content(call, posixpath.normpath(posixpath.join(LOG_FOLDER, call.get("filename"))))


def show(call: Call) -> Answer:
    """``file show``; base64 when it is asked for."""
    path = _absolute(call, call.get("filename"))
    if call.get("encoding") != "base64":
        return _content(call, path)
    file = _readable(call, path)
    encoded = base64.encodebytes(bytes(file.data)).decode()
    attributes = {"filename": path, "filesize": str(len(file.data)), "encoding": "base64"}
    return Answer(encoded, [call.markup().leaf("file-content", f"\n{encoded}", attributes)], structured_only=True)


def get(call: Call) -> Answer:
    """``file-get``: contents inside the reply (leaf names synthetic: YANG declares the container only)."""
    path = _absolute(call, call.get("filename"))
    file = _readable(call, path)
    raw = call.get("encoding") == "base64"
    text = base64.encodebytes(bytes(file.data)).decode() if raw else _text(path, file)
    content = call.markup().leaf("file-contents", f"\n{text}")
    return Answer(text, [call.markup().branch("file-get-results", [content])], structured_only=True)


def _ls_date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%b %e %H:%M")


def _entry(markup: Markup, name: str, file: File, *, detail: bool) -> Element:
    leaves = [markup.leaf("file-name", name)]
    if detail:
        leaves += [
            markup.leaf("file-permissions", f"{file.mode:o}", {"junos:format": file.permissions}),
            *markup.leaves({"file-owner": file.owner, "file-group": file.group, "file-links": 1}),
            markup.leaf("file-size", len(file.data)),
            markup.leaf("file-date", int(file.modified), {"junos:format": _ls_date(file.modified)}),
        ]
    return markup.branch("file-information", leaves)


def _directory_entry(markup: Markup, name: str, booted: float, *, detail: bool) -> Element:
    leaves = [markup.leaf("file-name", name), markup.leaf("file-directory", "", {"junos:format": "/"})]
    if detail:
        leaves += [
            markup.leaf("file-permissions", "755", {"junos:format": "drwxr-xr-x"}),
            *markup.leaves({"file-owner": "root", "file-group": "wheel", "file-links": 2, "file-size": 512}),
            markup.leaf("file-date", int(booted), {"junos:format": _ls_date(booted)}),
        ]
    return markup.branch("file-information", leaves)


def _line(name: str, file: File, *, detail: bool) -> str:
    if not detail:
        return name
    stamp = _ls_date(file.modified)
    return f"{file.permissions}  1 {file.owner:<5} {file.group:<5} {len(file.data):>10} {stamp} {name}"


def _folders(call: Call, folder: str, *, recursive: bool) -> dict[str, list[str]]:
    """Paths of files by folder."""
    inside = [path for path in sorted(call.box.filesystem.files) if path.startswith(folder.rstrip("/") + "/")]
    found: dict[str, list[str]] = {folder: []}
    for path in inside:
        if recursive or posixpath.dirname(path) == folder:
            found.setdefault(posixpath.dirname(path), []).append(path)
    return found


def _listing(call: Call, path: str, *, detail: bool, recursive: bool) -> Answer:
    filesystem, markup = call.box.filesystem, call.markup()
    home = path == f"/var/home/{call.caller.user}"
    if filesystem.is_directory(path) or home:
        groups = _folders(call, path, recursive=recursive)
    else:
        matching = filesystem.matching(path)
        if not matching:
            return _nothing_listed(call, path)
        groups = {"": matching}
    directories, lines = [], []
    for folder, files in groups.items():
        entries, folder_lines = _folder(call, folder, files, detail=detail)
        head = [markup.leaf("directory-name", folder)] if folder else []
        total = markup.leaf("total-files", len(files))
        directories.append(markup.branch("directory", [*head, *entries, total], {"name": folder}))
        lines += [f"{folder}:"] if folder else []
        lines += [*folder_lines, f"total files: {len(files)}"]
    attributes = {
        "root-path": path + ("/" if home else ""),
        "junos:seconds": str(int(call.box.clock.now())),
        "junos:style": "verbose" if detail else "brief",
    }
    return Answer("\n".join(lines) + "\n", [markup.branch("directory-list", directories, attributes)])


def _nothing_listed(call: Call, path: str) -> Answer:
    """The text is synthetic; that ``output`` lies inside the list is how PyEZ's ``FS`` reads it."""
    markup, text = call.markup(), f"{path}: No such file or directory"
    output = markup.leaf("output", text)
    return Answer(f"{text}\n", [markup.branch("directory-list", [output], {"root-path": path})])


def _folder(call: Call, folder: str, files: list[str], *, detail: bool) -> tuple[list[Element], list[str]]:
    entries, lines = [], []
    for name in call.box.filesystem.folders(folder) if folder else ():
        entries.append(_directory_entry(call.markup(), name, call.box.booted, detail=detail))
        lines.append(
            f"{name}/" if not detail else f"drwxr-xr-x  2 root  wheel        512 {_ls_date(call.box.booted)} {name}/"
        )
    for path in files:
        file = call.box.filesystem.files[path]
        name = posixpath.basename(path) if folder else path
        entries.append(_entry(call.markup(), name, file, detail=detail))
        lines.append(_line(name, file, detail=detail))
    return entries, lines


def list_files(call: Call) -> Answer:
    """``file list``; ``*`` in the path is expanded."""
    path = _absolute(call, call.get("path") or "~")
    level = call.get("level")
    return _listing(call, path, detail=level == "detail", recursive=level == "recursive")


def delete(call: Call) -> Answer:
    """``file delete``: silent when it worked."""
    path = _absolute(call, call.get("path"))
    names = call.box.filesystem.matching(path)
    for name in names:
        call.box.filesystem.delete(name)
    return Answer() if names else Answer(f"rm: {path}: No such file or directory\n")


def clear_log(call: Call) -> Answer:
    """``clear log NAME [all]``: empty the file; ``all`` also deletes the archives."""
    path = posixpath.normpath(posixpath.join(LOG_FOLDER, call.get("filename")))
    file = _readable(call, path)
    file.data.clear()
    file.modified = call.box.clock.now()
    if "all" in call.arguments:
        for archive in call.box.filesystem.matching(f"{path}.*.gz"):
            call.box.filesystem.delete(archive)
    return Answer()


def checksum(call: Call, *, method: str, digest: Callable[[bytes], str]) -> Answer:
    """``file checksum``."""
    path = _absolute(call, call.get("path"))
    value = digest(bytes(_readable(call, path).data))
    markup = call.markup()
    leaves = markup.leaves({"computation-method": method, "input-file": path, "checksum": value})
    element = markup.branch("checksum-information", [markup.branch("file-checksum", leaves)])
    return Answer(f"{method} ({path}) = {value}\n", [element])


def _checksum(element: str, word: str, algorithm: str) -> Operation:
    def digest(data: bytes) -> str:
        return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()

    handler = partial(checksum, method=algorithm.upper(), digest=digest)
    path = Argument("path", mandatory=True, positional=True)
    return Operation(element, f"file checksum {word}", handler, "view", arguments=(path,))


PATH = Argument("path", mandatory=True, positional=True)
FILENAME = Argument("filename", mandatory=True, positional=True)

OPERATIONS = (
    Operation("get-log", "show log", get_log, "view", arguments=(Argument("filename", positional=True),)),
    Operation("clear-log", "clear log", clear_log, "clear", arguments=(FILENAME, Argument("all", flag=True))),
    Operation("file-show", "file show", show, "view", arguments=(FILENAME, Argument("encoding"))),
    Operation("file-get", "", get, "view", arguments=(FILENAME, Argument("encoding", mandatory=True))),
    Operation(
        "file-list", "file list", list_files, "view",
        arguments=(Argument("path", positional=True), Argument("level", choices=("detail", "recursive"))),
    ),
    Operation("file-delete", "file delete", delete, "view", arguments=(PATH, Argument("purge", flag=True))),
    _checksum("get-checksum-information", "md5", "md5"),
    _checksum("get-sha1-checksum-information", "sha1", "sha1"),
    _checksum("get-sha256-checksum-information", "sha-256", "sha256"),
)  # fmt: skip
