"""The data frames of a results file: their queries, their columns and types."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import pandas as pd

from .errors import FileError

_TEXT_DTYPE = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
_ROWS_AT_ONCE = 200_000


class Table(NamedTuple):
    """A data frame's query and the types of its columns.

    Types: ``int`` never missing, ``Int`` nullable, ``float``, ``text``, ``time`` (UTC), ``seed`` (64 bits
    without sign); with ``+`` never negative, with ``%`` a fraction.
    """

    sql: str
    types: str
    order: str

    @property
    def columns(self) -> List[Tuple[str, str]]:
        """Names and types in order."""
        return [(name, kind) for name, kind in (entry.split(":") for entry in self.types.split())]


TABLES: Dict[str, Table] = {
    "runs": Table(
        """
        SELECT comparison.run_id, comparison.name, comparison.method, comparison.seed, comparison.status,
            comparison.clients, rounds, uplink_bytes, downlink_bytes, uplink_bytes_per_client,
            comparison.virtual_s, best_accuracy, best_round, final_accuracy, comparison.wall_s,
            comparison.origin, comparison.variant, run_variant.label, comparison.repeats, what_if.parent_run_id,
            run.started_at, run.finished_at, run.log_sha256, run.model_sha256, run.build, run.error
        FROM comparison JOIN run USING (run_id) LEFT JOIN run_variant USING (run_id)
            LEFT JOIN what_if USING (run_id)
        """,
        "run_id:int name:text method:text seed:seed status:text clients:int+ rounds:int+ uplink_bytes:int+ "
        "downlink_bytes:int+ uplink_bytes_per_client:Int+ virtual_s:float+ best_accuracy:float% best_round:Int "
        "final_accuracy:float% wall_s:float origin:text variant:text label:text repeats:Int parent_run_id:Int "
        "started_at:time finished_at:time log_sha256:text model_sha256:text build:text error:text",
        "run_id"),
    "accuracy": Table(
        "SELECT run_id, round, t, uplink_bytes, downlink_bytes, bytes, value FROM accuracy",
        "run_id:int round:Int t:float+ uplink_bytes:int+ downlink_bytes:int+ bytes:int+ value:float%", ""),
    "communication": Table(
        "SELECT run_id, direction, payload, messages, bytes, MiB, undelivered FROM communication",
        "run_id:int direction:text payload:text messages:int+ bytes:int+ MiB:float+ undelivered:int+", ""),
    "transfers": Table(
        """
        SELECT run_id, transfer_id, round, client_id, direction, payload, bytes, t_start, t_end, status
        FROM transfer
        """,
        "run_id:int transfer_id:int round:Int client_id:int direction:text payload:text bytes:int+ t_start:float+ "
        "t_end:float+ status:text", "run_id, transfer_id"),
    "clients": Table(
        """
        SELECT run_id, client_id, domain, samples, uplink_Bps, downlink_Bps, latency_s, flops_per_s, slowdown
        FROM client
        """,
        "run_id:int client_id:int domain:text samples:int+ uplink_Bps:float+ downlink_Bps:float+ latency_s:float+ "
        "flops_per_s:float+ slowdown:float+", "run_id, client_id"),
    "labels": Table(
        "SELECT run_id, client_id, label, class, samples FROM label_count",
        "run_id:int client_id:int label:int class:text samples:int+", "run_id, client_id, label"),
    "events": Table(
        "SELECT run_id, seq, t, kind, round, client_id, bytes, detail FROM event",
        "run_id:int seq:int t:float+ kind:text round:Int client_id:Int bytes:Int+ detail:text", "run_id, seq"),
    "metrics": Table(
        "SELECT run_id, t, round, client_id, split, name, value FROM metric",
        "run_id:int t:float+ round:Int client_id:Int split:text name:text value:float", "run_id, t, rowid"),
    "prompts": Table(
        "SELECT run_id, client_id, label, text, bytes FROM prompt",
        "run_id:int client_id:int label:int text:text bytes:int+", "run_id, rowid"),
    "work": Table(
        "SELECT run_id, work_id, kind, round, client_id, key, output_sha256, flops, wall_s, metrics FROM work",
        "run_id:int work_id:int kind:text round:Int client_id:Int key:text output_sha256:text flops:float+ "
        "wall_s:float metrics:text", "run_id, work_id"),
    "participants": Table(
        """
        SELECT run_id, round, max(t) AS t, max(value) FILTER (WHERE name = 'selected') AS selected,
            max(value) FILTER (WHERE name = 'updates') AS updates
        FROM metric WHERE split = 'participation' AND client_id IS NULL GROUP BY run_id, round
        """,
        "run_id:int round:Int t:float+ selected:float+ updates:float+", "run_id, t, round"),
}


def read(database: sqlite3.Connection, table: str, path: object, runs: Optional[Sequence[int]]) -> pd.DataFrame:
    """A frame of all runs or some of them.

    Raises:
        FileError: a cell holds what no run can hold.
        sqlite3.Error: the file cannot be read.
    """
    entry = TABLES[table]
    sql = entry.sql
    if runs is not None:
        chosen = ", ".join(str(int(run)) for run in runs)
        place = "comparison.run_id" if table == "runs" else "run_id"
        if "GROUP BY" in sql:
            sql = sql.replace("GROUP BY", f"AND {place} IN ({chosen}) GROUP BY")
        else:
            sql = f"{sql} WHERE {place} IN ({chosen})"
    if entry.order:
        sql = f"{sql} ORDER BY {'comparison.' if table == 'runs' else ''}{entry.order}"
    return _typed(database.execute(sql), entry.columns, f"{path}: {table}")


def _typed(cursor: sqlite3.Cursor, columns: Sequence[Tuple[str, str]], place: str) -> pd.DataFrame:
    parts: List[List["pd.Series[Any]"]] = [[] for _ in columns]
    while True:
        rows = cursor.fetchmany(_ROWS_AT_ONCE)
        if not rows and parts[0]:
            break
        values: List[Sequence[Any]] = list(zip(*rows)) if rows else [() for _ in columns]
        for part, column, (name, kind) in zip(parts, values, columns):
            part.append(_column(column, kind, f"{place}, column {name}"))
    return pd.DataFrame({
        name: part[0] if len(part) == 1 else pd.concat(part, ignore_index=True)
        for part, (name, _) in zip(parts, columns)
    })


def _column(values: Sequence[Any], kind: str, place: str) -> "pd.Series[Any]":
    """Values of one type.

    Raises:
        FileError: one of them is of another type or out of its range.
    """
    plain = kind.rstrip("+%")
    try:
        series = _MAKERS[plain](values)
    except (TypeError, ValueError, OverflowError) as error:
        raise FileError(f"{place} holds something other than {_NAMES[plain]}") from error
    if kind.endswith("+") and (series < 0).any():
        raise FileError(f"{place} holds a negative number, which no run can")
    if kind.endswith("%") and ((series < 0) | (series > 1)).any():
        raise FileError(f"{place} holds a value that is no fraction from 0 to 1")
    return series


def _integers(values: Sequence[Any]) -> "pd.Series[Any]":
    if any(type(value) is not int for value in values):
        raise TypeError
    return pd.Series(np.array(values, dtype=np.int64))


def _nullable(values: Sequence[Any]) -> "pd.Series[Any]":
    if any(value is not None and type(value) is not int for value in values):
        raise TypeError
    missing = np.array([value is None for value in values], dtype=bool)
    numbers = np.array([0 if value is None else value for value in values], dtype=np.int64)
    return pd.Series(pd.arrays.IntegerArray(numbers, missing))


def _floats(values: Sequence[Any]) -> "pd.Series[Any]":
    if any(isinstance(value, (str, bytes)) for value in values):
        raise TypeError
    return pd.Series(np.array(values, dtype=np.float64))


def _texts(values: Sequence[Any]) -> "pd.Series[Any]":
    if any(value is not None and type(value) is not str for value in values):
        raise TypeError
    return pd.Series(list(values), dtype=_TEXT_DTYPE)


def _times(values: Sequence[Any]) -> "pd.Series[Any]":
    return pd.Series(pd.to_datetime(pd.Series(list(values), dtype="object"), utc=True, format="ISO8601"))


def _seeds(values: Sequence[Any]) -> "pd.Series[Any]":
    if any(type(value) is not int for value in values):
        raise TypeError
    return pd.Series(np.array(values, dtype=np.int64).view(np.uint64))


_MAKERS: Dict[str, Callable[[Sequence[Any]], "pd.Series[Any]"]] = {
    "int": _integers, "Int": _nullable, "float": _floats, "text": _texts, "time": _times, "seed": _seeds,
}
_NAMES = {
    "int": "whole numbers", "Int": "whole numbers", "float": "numbers", "text": "texts", "time": "times",
    "seed": "whole numbers",
}


def settings(database: sqlite3.Connection) -> pd.DataFrame:
    """The keys in which the runs of a scenario differ: a row per run and key, values as one line of YAML."""
    is_table = database.execute(
        "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'run_setting'").fetchone()
    # The program's view, unless a later version of it stores the rows.
    source = "main.run_setting" if is_table else "run_setting"
    sql = f"SELECT run_id, key, value FROM {source} ORDER BY run_id, key"
    long = _typed(database.execute(sql), [("run_id", "int"), ("key", "text"), ("value", "text")], "run_setting")
    return _without_later_keys(database, long)


def _without_later_keys(database: sqlite3.Connection, long: pd.DataFrame) -> pd.DataFrame:
    """Leaves out keys that only what-ifs have and that none of them changed.

    A later version of the program writes keys that it did not have when the runs were made.
    """
    what_ifs = [run for (run,) in database.execute("SELECT run_id FROM run_identity WHERE origin = 'what-if'")]
    if not what_ifs:
        return long
    changed = [name for (name,) in database.execute(
        "SELECT DISTINCT substr(value, 1, instr(value, '=') - 1) FROM what_if, json_each(changes)")]
    recorded = set(long.loc[~long["run_id"].isin(what_ifs), "key"])
    later = [key for key in set(long["key"]) - recorded
             if not any(key == name or key.startswith(f"{name}.") for name in changed)]
    return long[~long["key"].isin(later)].reset_index(drop=True)


def swept(long: pd.DataFrame, runs: "pd.Index[Any]") -> pd.DataFrame:
    """The differing keys as columns by run, numbers as numbers; missing where a run's scenario has no such key."""
    wide = pd.DataFrame(index=runs)
    for key, rows in long.groupby("key", sort=True):
        values = pd.Series(list(rows["value"]), index=list(rows["run_id"]), dtype="object")
        wide[str(key)] = _scalars(values.reindex(wide.index))
    return wide


_INTEGER = re.compile(r"[-+]?\d{1,18}$")
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


def _scalars(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """YAML scalars with one type for all: booleans, whole numbers, numbers or texts."""
    present = [str(value) for value in values if isinstance(value, str)]
    is_whole = len(present) == len(values)
    if present and all(value in ("true", "false") for value in present):
        return values.map({"true": True, "false": False}).astype("bool" if is_whole else "boolean")
    if present and all(_INTEGER.match(value) for value in present):
        numbers = [int(value) if isinstance(value, str) else None for value in values]
        return pd.Series(numbers, index=values.index, dtype="int64" if is_whole else "Int64")
    if present and all(_FLOAT.match(value) for value in present):
        return pd.to_numeric(values).astype("float64")
    texts = values.map(lambda value: unquoted(value) if isinstance(value, str) else None)
    return texts.astype(_TEXT_DTYPE)  # type: ignore[call-overload, no-any-return]


def unquoted(value: str) -> str:
    """A text of YAML as the program writes it: in double quotes, as in JSON, where it needs them."""
    if len(value) < 2 or not (value.startswith('"') and value.endswith('"')):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
