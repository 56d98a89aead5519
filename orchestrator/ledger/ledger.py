"""The obligation ledger: SQLite, one file, one commit before every change.

Rules. (1) "Step begun" and the obligation are committed together before a byte leaves. (2) An obligation is
discharged only after the device was read back. (3) An owner lives as long as its process holds a lock on its file in
``owners/``: the kernel drops the lock on any death, a stopped process keeps it, a reused pid has none.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import socket
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from orchestrator.errors import LedgerError

BUSY_SECONDS = 10.0

# One entry a schema version, applied in order; the file says in user_version how far it is. Never change an entry.
_MIGRATIONS = (
    """
create table owner(id text primary key, machine text not null, pid integer not null, user text not null,
    started real not null);
create table lease(device text primary key, owner text not null, run text not null, epoch integer not null,
    taken real not null, until real not null);
create table run(id text primary key, playbook text not null, owner text not null, status text not null,
    started real not null, ended real);
create table step(run text not null, device text not null, number integer not null, name text not null,
    status text not null, started real not null, ended real, primary key (run, device, number));
create table obligation(id text primary key, run text not null, device text not null, kind text not null,
    args text not null, prior text not null, reach text not null, status text not null, owner text not null,
    created real not null, ended real, attempts integer not null default 0, last_error text not null default '');
create index obligation_owed on obligation(device) where status = 'owed';
""",
    """
alter table obligation add column due real not null default 0;
alter table obligation add column reason text not null default '';
""",
)
SCHEMA_VERSION = len(_MIGRATIONS)
LONGEST_BACKOFF_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One undo that is due: all that any process needs to carry it out.

    ``args`` is what we did, ``prior`` the state found before, ``reach`` the device's address and credential sources
    (never a secret).
    """

    run_id: str
    device: str
    kind: str
    args: dict[str, Any]
    prior: dict[str, Any]
    reach: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    owner: str = ""
    attempts: int = 0
    last_error: str = ""
    due: float = 0.0  # epoch seconds: not tried again by itself before


@dataclass(frozen=True, slots=True)
class Lease:
    """Who of us holds a device; times are epoch seconds."""

    device: str
    owner: str
    run_id: str
    taken: float
    until: float


class Ledger:
    """One process's view of the ledger. Not for use by two threads at once."""

    def __init__(self, folder: Path) -> None:
        """Open, creating what is missing.

        Raises:
            LedgerError: it cannot be opened, or was written by a newer version of this program.
        """
        self.path = folder / "ledger.sqlite"
        self._owners = folder / "owners"
        try:
            self._owners.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"the ledger {self.path} cannot be opened: {error}",
                hint="is the state directory writable and its disk not full? ORCHESTRATOR_STATE names another one",
            ) from error
        self.me = ""
        self._lock: IO[str] | None = None

    @classmethod
    def beside(cls, other: Ledger) -> Ledger:
        """A second view of the same ledger by the same owner, for another thread of this process."""
        view = cls(other.path.parent)
        view.me = other.enlist()
        return view

    def _migrate(self) -> None:
        version = self._db.execute("pragma user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger {self.path} was written by a newer version (schema {version}, we know {SCHEMA_VERSION})",
                hint="upgrade this program, or point ORCHESTRATOR_STATE at another directory",
            )
        if version == SCHEMA_VERSION:
            return
        with self._commit():
            done = self._db.execute("pragma user_version").fetchone()[0]  # another process may have been quicker
            for migration in _MIGRATIONS[done:]:
                for statement in migration.split(";"):
                    self._db.execute(statement)
            self._db.execute(f"pragma user_version={SCHEMA_VERSION}")

    @contextlib.contextmanager
    def _commit(self) -> Iterator[None]:
        """One durable transaction; nothing happened when it raises."""
        try:
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back when the disk is full
                    self._db.execute("rollback")
                raise
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"the ledger {self.path} cannot be written: {error}",
                hint="nothing was sent to the device; free the disk or the lock and run again",
            ) from error

    def _rows(self, query: str, values: Sequence[str] = ()) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise LedgerError(
                f"the ledger {self.path} cannot be read: {error}",
                hint="nobody can tell what is owed: keep the file, and orchestrator show monitor looks at a device",
            ) from error

    # -- owners --------------------------------------------------------------------------------------------------

    def enlist(self) -> str:
        """Make this process an owner, alive until it ends; return its id."""
        if not self.me:
            me = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
            with self._commit():
                self._lock = (self._owners / me).open("w", encoding="utf-8")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                self._db.execute(
                    "insert into owner values(?,?,?,?,?)",
                    (me, socket.gethostname(), os.getpid(), getpass.getuser(), time.time()),
                )
            self.me = me
        return self.me

    def is_alive(self, owner: str) -> bool:
        """Whether a process still holds the owner's lock."""
        if owner and owner == self.me:
            return True
        try:
            with (self._owners / owner).open("r", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    # -- runs and steps ------------------------------------------------------------------------------------------

    def begin_run(self, run_id: str, playbook: str) -> None:
        """Record a run of ours."""
        me = self.enlist()
        with self._commit():
            self._db.execute(
                "insert into run values(?,?,?,?,?,?)", (run_id, playbook, me, "running", time.time(), None)
            )

    def end_run(self, run_id: str, status: str) -> None:
        """Record how a run ended."""
        with self._commit():
            self._db.execute("update run set status=?, ended=? where id=?", (status, time.time(), run_id))

    def begin_step(self, run_id: str, device: str, number: int, name: str) -> None:
        """Record that a step that changes nothing has begun."""
        self._begin(run_id, device, number, name, ())

    def begin_change(self, run_id: str, device: str, number: int, name: str, owes: Sequence[Obligation]) -> None:
        """Record, in one commit, that a step has begun and what it will owe. Only then may a byte leave.

        Raises:
            LedgerError: the commit failed; the step must not run.
        """
        self._begin(run_id, device, number, name, owes)

    def _begin(self, run_id: str, device: str, number: int, name: str, owes: Sequence[Obligation]) -> None:
        me, now = self.enlist(), time.time()
        with self._commit():
            self._db.execute(
                "insert into step values(?,?,?,?,?,?,?) on conflict do nothing",
                (run_id, device, number, name, "begun", now, None),
            )
            for one in owes:
                texts = (json.dumps(one.args), json.dumps(one.prior), json.dumps(one.reach))
                self._db.execute(
                    "insert into obligation(id, run, device, kind, args, prior, reach, status, owner, created) "
                    "values(?,?,?,?,?,?,?,?,?,?)",
                    (one.id, one.run_id, one.device, one.kind, *texts, "owed", me, now),
                )

    def end_step(self, run_id: str, device: str, number: int, status: str) -> None:
        """Record how a step ended."""
        with self._commit():
            self._db.execute(
                "update step set status=?, ended=? where run=? and device=? and number=?",
                (status, time.time(), run_id, device, number),
            )

    # -- obligations ---------------------------------------------------------------------------------------------

    def owed(self, device: str | None = None, run_id: str | None = None) -> list[Obligation]:
        """What is still due, newest first: the order of undoing."""
        where, values = ["status='owed'"], []
        for column, value in (("device", device), ("run", run_id)):
            if value is not None:
                where.append(f"{column}=?")
                values.append(value)
        rows = self._rows(
            "select id,run,device,kind,args,prior,reach,owner,attempts,last_error,due from obligation where "  # noqa: S608
            + " and ".join(where) + " order by created desc, rowid desc",
            values,
        )  # fmt: skip
        return [
            Obligation(id=r[0], run_id=r[1], device=r[2], kind=r[3], args=json.loads(r[4]), prior=json.loads(r[5]),
                       reach=json.loads(r[6]), owner=r[7], attempts=r[8], last_error=r[9], due=r[10])
            for r in rows
        ]  # fmt: skip

    def orphaned(self, device: str | None = None, *, due_only: bool = False) -> list[Obligation]:
        """What is owed and whose owner is dead; with ``due_only`` what is not backing off."""
        now = time.time()
        return [one for one in self.owed(device) if not self.is_alive(one.owner) and (one.due <= now or not due_only)]

    def claim(self, obligation: Obligation) -> bool:
        """Become the owner of an orphaned obligation; false when somebody else was quicker."""
        me = self.enlist()
        with self._commit():
            claimed = self._db.execute(
                "update obligation set owner=? where id=? and owner=? and status='owed'",
                (me, obligation.id, obligation.owner),
            )
        return claimed.rowcount == 1

    def discharge(self, obligation_id: str) -> None:
        """Close an obligation: the device was read back and owes us nothing."""
        with self._commit():
            self._db.execute(
                "update obligation set status='done', ended=?, last_error='' where id=?", (time.time(), obligation_id)
            )

    def failed(self, obligation_id: str, error: str) -> None:
        """Record that an undo did not succeed; it stays owed, due again after twice the time, at most an hour."""
        with self._commit():
            self._db.execute(
                "update obligation set attempts=attempts+1, last_error=?, "
                "due=? + min(?, 2.0 * (1 << min(attempts, 16))) where id=?",
                (error, time.time(), LONGEST_BACKOFF_SECONDS, obligation_id),
            )

    def abandon(self, obligation_id: str, reason: str) -> Obligation:
        """Give an obligation up, for ever; only a person may, and must say why.

        Raises:
            LedgerError: there is no such obligation, or no reason.
        """
        due = next((one for one in self.owed() if one.id == obligation_id), None)
        if due is None or not reason.strip():
            raise LedgerError(
                "an abandoned obligation needs a reason" if due else f"nothing with the id {obligation_id} is owed",
                hint="recover --abandon ID --reason TEXT; the ids of what is owed: "
                + (", ".join(f"{one.id} ({one.device})" for one in self.owed()) or "none"),
            )
        with self._commit():
            self._db.execute(
                "update obligation set status='abandoned', ended=?, reason=? where id=?",
                (time.time(), f"{getpass.getuser()}: {reason.strip()}", obligation_id),
            )
        return due

    def run_is_alive(self, run_id: str) -> bool | None:
        """Whether the owner of a run of ours lives; ``None`` for a run this ledger does not know."""
        rows = self._rows("select owner, status from run where id=?", (run_id,))
        return bool(rows[0][1] == "running" and self.is_alive(rows[0][0])) if rows else None

    # -- leases --------------------------------------------------------------------------------------------------

    def lease(self, device: str, run_id: str, seconds: float) -> Lease | None:
        """Take a device for a run of ours; the holder's lease when another live run has it."""
        me, now = self.enlist(), time.time()
        with self._commit():
            row = self._db.execute("select owner, run, epoch, taken, until from lease where device=?", (device,))
            held = row.fetchone()
            if held and held[1] != run_id and held[0] and self.is_alive(held[0]):
                return Lease(device, held[0], held[1], held[3], held[4])
            epoch = (held[2] if held else 0) + 1
            self._db.execute(
                "insert into lease values(?,?,?,?,?,?) on conflict(device) do update set owner=excluded.owner, "
                "run=excluded.run, epoch=excluded.epoch, taken=excluded.taken, until=excluded.until",
                (device, me, run_id, epoch, now, now + seconds),
            )
        return None

    def release(self, device: str, run_id: str) -> None:
        """Give a device back."""
        with self._commit():
            self._db.execute("update lease set owner='' where device=? and run=?", (device, run_id))

    def leases(self) -> list[Lease]:
        """Leases of live owners."""
        rows = self._rows("select device, owner, run, taken, until from lease where owner<>''")
        return [Lease(*row) for row in rows if self.is_alive(row[1])]

    def close(self) -> None:
        """Close the file and stop being an owner."""
        self._db.close()
        if self._lock is not None:
            Path(self._lock.name).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None
