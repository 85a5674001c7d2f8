"""Reading a results file, which may come from anywhere and may be written at the same time.

The file's own views are never used: the package has the program's (``views.sql``). Files of version 0.1
lack tables; these are made for the connection.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import stat
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .errors import FileError, MissingFile

APPLICATION_ID = 0x4647_4C73  # The letters "FGLs".

# Tables that files of every version have, with the columns that are read.
_TABLES: Dict[str, str] = {
    "run": "run_id name method seed clients status started_at finished_at wall_s virtual_s scenario build "
    "log_sha256 model_sha256 error",
    "client": "run_id client_id domain samples uplink_Bps downlink_Bps latency_s flops_per_s slowdown",
    "label_count": "run_id client_id label class samples",
    "event": "run_id seq t kind round client_id bytes detail",
    "transfer": "run_id transfer_id round client_id direction payload bytes t_start t_end status",
    "metric": "run_id t round client_id split name value",
    "prompt": "run_id client_id label text bytes",
    "work": "run_id work_id kind round client_id key output_sha256 flops wall_s metrics",
}

# Tables that later versions added.
_LATER_TABLES: Dict[str, str] = {
    "what_if": "run_id parent_run_id changes",
    "run_rules": "run_id rules",
    "input": "input_id kind settings sha256 facts",
    "run_input": "run_id input_id",
    "run_identity": "run_id settings_sha256 origin inputs_sha256",
    "setting": "settings_sha256 key value",
}

_SQLITE_NEEDED = (3, 37, 0)


class ResultsFile:
    """A results file that is only read. Every reading opens it anew, so nothing stays locked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.connection():
            pass

    def version(self) -> Tuple[Any, ...]:
        """A value that changes when the file does: inode, length and time of it and its write-ahead log."""
        return tuple(_facts(f"{self.path}{suffix}") for suffix in ("", "-wal"))

    @contextmanager
    def connection(self, is_query: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection that only reads, with the program's views.

        Args:
            is_query: whether the user's own query is asked, which may be wrong where the file is right.

        Raises:
            MissingFile: there is no such file.
            FileError: it is not a results file, damaged or not accessible.
        """
        _require_regular(self.path)
        database = self._open()
        try:
            yield database
        except (sqlite3.Error, sqlite3.Warning) as error:  # Warning: two statements, before Python 3.12.
            raise (self._query_error(error) if is_query else self._error(error)) from error
        finally:
            database.close()

    def _open(self) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < _SQLITE_NEEDED:
            raise FileError(
                f"{self.path}: results files need SQLite 3.37 or later; this Python has {sqlite3.sqlite_version}")
        try:
            return self._prepared("mode=ro")
        except sqlite3.OperationalError as error:
            # In a folder where nothing may be written, SQLite cannot make the files beside a database.
            if self._has_log() or not re.search("unable to open|readonly", str(error)):
                raise self._error(error) from error
        except sqlite3.Error as error:
            raise self._error(error) from error
        try:
            return self._prepared("mode=ro&immutable=1")
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _has_log(self) -> bool:
        facts = _facts(f"{self.path}-wal")
        return facts is not None and facts[1] > 0

    def _prepared(self, how: str) -> sqlite3.Connection:
        database = sqlite3.connect(f"{self.path.absolute().as_uri()}?{how}", uri=True, timeout=10)
        try:
            # https://www.sqlite.org/security.html
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            _set_deadline(database)
            self._check(database)
            _complete(database)
            database.set_authorizer(_authorize)
            return database
        except BaseException:
            database.close()
            raise

    def _check(self, database: sqlite3.Connection) -> None:
        """Refuses what is not laid out as the program does it."""
        kinds = dict(database.execute("SELECT lower(name), type || CASE WHEN rootpage > 0 OR type = 'view' "
                                      "THEN '' ELSE ' without pages' END FROM main.sqlite_schema").fetchall())
        if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            if not kinds:
                raise FileError(f"{self.path} is an empty database: no run was written to it")
            raise FileError(f"{self.path} is a database of another program, not a results file of fgl-sim")
        for table, columns in {**_TABLES, **_LATER_TABLES}.items():
            kind = kinds.get(table)
            if kind is None and table in _LATER_TABLES:
                continue
            if kind != "table":
                state = "is missing" if kind is None else f"is a {kind}"
                raise FileError(f"{self.path} was altered by another program: table '{table}' {state}")
            found = database.execute("SELECT name, hidden FROM pragma_table_xinfo(?, 'main')", (table,)).fetchall()
            lacking = [name for name in columns.split() if (name, 0) not in found]
            if lacking:
                raise FileError(
                    f"{self.path} was altered by another program: table '{table}' has no plain column '{lacking[0]}'")

    def _query_error(self, error: Exception) -> FileError:
        """What SQLite says of a user's query: mostly it is the query that is wrong."""
        text = str(error)
        is_damage = type(error) is sqlite3.DatabaseError or "disk I/O" in text
        is_state = re.search("interrupted|database.* is locked|attempt to write|unable to open|readonly", text)
        if is_damage or is_state and not text.startswith("no such"):
            return self._error(error)
        return FileError(f"{self.path}: the query is wrong: {text}")

    def _error(self, error: Exception) -> FileError:
        """What SQLite says, as one sentence."""
        text = str(error)
        if "not a database" in text:
            return FileError(f"{self.path} is not an SQLite database")
        if "interrupted" in text:
            return FileError(f"{self.path}: a query took too long; FGL_QUERY_SECONDS allows more than 60 s")
        if "locked" in text or "busy" in text:
            return FileError(f"{self.path} is locked by another program")
        if "attempt to write" in text or "not authorized" in text or "authorization denied" in text:
            return FileError(f"{self.path}: a query may only read")
        if "unable to open" in text or "readonly" in text:
            return FileError(f"{self.path} cannot be opened: {text}")
        return FileError(f"{self.path} is damaged: {text}")


def _facts(path: str) -> Optional[Tuple[int, int, int]]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _require_regular(path: Path) -> None:
    try:
        found = os.stat(path)
    except FileNotFoundError as error:
        raise MissingFile(f"{path}: there is no such file") from error
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
        raise FileError(f"{path} is {kind}, not a results file")
    if found.st_size == 0:
        raise FileError(f"{path} is empty: no run was written to it")
    try:
        with open(path, "rb") as stream:
            beginning = stream.read(16)
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}") from error
    if beginning != b"SQLite format 3\x00":
        raise FileError(f"{path} is not an SQLite database")


def _set_deadline(database: sqlite3.Connection) -> None:
    """A foreign file may make any query endless."""
    try:
        seconds = float(os.environ.get("FGL_QUERY_SECONDS", ""))
    except ValueError:
        seconds = 60.0
    end = time.monotonic() + seconds
    database.set_progress_handler(lambda: 1 if time.monotonic() > end else 0, 100_000)


def _authorize(action: int, *_: Optional[str]) -> int:
    """Refuses the one statement that makes a file beside a database that is only read; VACUUM INTO uses it too."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _complete(database: sqlite3.Connection) -> None:
    """Adds the views, and the tables that a file of an earlier version lacks."""
    tables = {name for (name,) in database.execute("SELECT lower(name) FROM main.sqlite_schema WHERE type = 'table'")}
    for table, columns in _LATER_TABLES.items():
        if table not in tables:
            database.execute(f"CREATE TEMP TABLE {table} ({', '.join(columns.split())})")
    if not {"run_identity", "setting"} <= tables:
        _identify(database)
    text = Path(__file__).with_name("views.sql").read_text(encoding="utf-8")
    for view in re.findall(r"CREATE VIEW (\w+)", text):
        # A later version may keep as a table what was a view.
        if view in tables:
            text = re.sub(rf"CREATE VIEW {view}\b.*?;\n", "", text, flags=re.DOTALL)
    database.executescript(text.replace("CREATE VIEW", "CREATE TEMP VIEW"))
    database.execute("PRAGMA query_only = ON")


def _identify(database: sqlite3.Connection) -> None:
    """Fills `run_identity` and `setting` for a file that has none, as the program does when it adds to one."""
    inputs: Dict[int, List[Tuple[str, str, str]]] = {}
    for run_id, *entry in database.execute(
            "SELECT run_id, kind, settings, sha256 FROM run_input JOIN input USING (input_id)"):
        inputs.setdefault(run_id, []).append((entry[0], entry[1], entry[2]))
    what_ifs = {run_id for (run_id,) in database.execute("SELECT run_id FROM what_if")}
    rows = database.execute("SELECT run_id, scenario FROM main.run WHERE length(scenario) < 4000000").fetchall()
    for run_id, scenario in rows:
        settings = scenario_settings(scenario)
        own = inputs.get(run_id, [])
        is_import = any(kind == "outcomes" for kind, _, _ in own)
        origin = "what-if" if run_id in what_ifs else "import" if is_import else "run"
        settings_hash = _sha256(f"{key}: {value}\n" for key, value in settings)
        inputs_hash = _sha256(sorted("\t".join(entry) + "\n" for entry in own))
        database.execute("INSERT INTO run_identity VALUES (?, ?, ?, ?)", (run_id, settings_hash, origin, inputs_hash))
        if not database.execute("SELECT 1 FROM setting WHERE settings_sha256 = ?", (settings_hash,)).fetchone():
            database.executemany("INSERT INTO setting VALUES (?, ?, ?)", [(settings_hash, *pair) for pair in settings])


def _sha256(lines: Any) -> str:
    return hashlib.sha256("".join(lines).encode()).hexdigest()


_PAIR = re.compile(r"( *)([A-Za-z0-9_.][A-Za-z0-9_.-]*):(?: +(.*))?$")


def scenario_settings(text: str) -> Sequence[Tuple[str, str]]:
    """The keys of a resolved scenario by their paths with their values on one line, without seed and methods."""
    entries: List[List[str]] = [["", ""]]
    sections: List[Tuple[int, str]] = []
    for line in text.splitlines():
        if not line:
            continue
        pair = _PAIR.match(line)
        if pair is None:
            entries[-1][1] += " " + line.lstrip(" ")
            continue
        indentation, name, value = len(pair.group(1)), pair.group(2), pair.group(3) or ""
        while sections and sections[-1][0] >= indentation:
            sections.pop()
        entries.append([".".join([section for _, section in sections] + [name]), value])
        if not value:
            sections.append((indentation, name))
    return [(key, value) for key, value in entries if value and key not in ("seed", "methods")]
